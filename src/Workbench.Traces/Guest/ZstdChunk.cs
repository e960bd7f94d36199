using ZstdSharp;

namespace Workbench.Traces.Guest;

/// <summary>Unpacks zstd data of a known size.</summary>
internal sealed class ZstdChunk : IDisposable
{
    private readonly Decompressor decompressor = new();

    /// <summary>Fills <paramref name="target"/> exactly; what is wrong, or null.</summary>
    public string? Unpack(ReadOnlySpan<byte> packed, Span<byte> target)
    {
        try
        {
            int length = decompressor.Unwrap(packed, target);
            return length == target.Length ? null : $"the zstd data unpack to {length} bytes where {target.Length} are said to come out. The file is damaged; copy it again";
        }
        catch (ZstdException refusal)
        {
            return $"the zstd data cannot be unpacked ({refusal.Message}). The file is damaged; copy it again";
        }
    }

    /// <inheritdoc/>
    public void Dispose() => decompressor.Dispose();
}
