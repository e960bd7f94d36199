using Workbench.Traces.Text;

namespace Workbench.Traces.Guest;

/// <summary>Gives bytes that were read ahead of a pipe once more, then the rest of the pipe.</summary>
internal sealed class ReplayedStream(ReadOnlyMemory<byte> head, Stream rest) : ForwardStream
{
    private ReadOnlyMemory<byte> left = head;

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (left.IsEmpty) return rest.Read(buffer);
        int taken = Math.Min(buffer.Length, left.Length);
        left.Span[..taken].CopyTo(buffer);
        left = left[taken..];
        return taken;
    }
}
