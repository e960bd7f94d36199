using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Smmu;

/// <summary>
/// An entry of the page request queue, 128 bits. IHI 0070 chapter 8: fields and meanings [S]; positions, drawn there as a
/// picture, from Linux [L].
/// </summary>
public readonly record struct SmmuPageRequest(ulong Word0, ulong Word1)
{
    /// <summary>Size in 64-bit words.</summary>
    public const int WordCount = 2;
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 16;

    /// <summary>The stream that asks. Bits 31:0.</summary>
    public uint StreamId { get => (uint)Word0.Field(31, 0); init => Word0 = Word0.WithField(31, 0, value); }

    /// <summary>The PASID it asks for, if <see cref="HasSubstream"/>. Bits 51:32.</summary>
    public Pasid Substream { get => new((uint)Word0.Field(51, 32)); init => Word0 = Word0.WithField(51, 32, value.Value); }

    /// <summary>Whether privileged access is wanted (Priv). Bit 58.</summary>
    public bool IsPrivileged { get => Word0.Bit(58); init => Word0 = Word0.WithBit(58, value); }

    /// <summary>Whether execution is wanted (X). Bit 59.</summary>
    public bool WantsExecute { get => Word0.Bit(59); init => Word0 = Word0.WithBit(59, value); }

    /// <summary>Whether reading is wanted (R). Bit 60.</summary>
    public bool WantsRead { get => Word0.Bit(60); init => Word0 = Word0.WithBit(60, value); }

    /// <summary>Whether writing is wanted (W). Bit 61.</summary>
    public bool WantsWrite { get => Word0.Bit(61); init => Word0 = Word0.WithBit(61, value); }

    /// <summary>Whether this is the last request of its group (Last). Bit 62.</summary>
    public bool IsLast { get => Word0.Bit(62); init => Word0 = Word0.WithBit(62, value); }

    /// <summary>Whether the request has a PASID (SSV). Bit 63.</summary>
    public bool HasSubstream { get => Word0.Bit(63); init => Word0 = Word0.WithBit(63, value); }

    /// <summary>The group, 0 to 511, for CMD_PRI_RESP (PRGIndex). Bits 72:64.</summary>
    public int Group { get => (int)Word1.Field(8, 0); init => Word1 = Word1.WithField(8, 0, unchecked((ulong)value)); }

    /// <summary>The page, a multiple of 4 KiB. Bits 127:76.</summary>
    public Iova Page { get => new(Word1.Address(63, 12)); init => Word1 = Word1.WithAddress(63, 12, value.Value); }

    /// <summary>Whether this is a Stop PASID marker, not a request: with PASID, last, neither read nor write.</summary>
    public bool IsStopMarker => HasSubstream && IsLast && !WantsRead && !WantsWrite;

    /// <summary>Reads the entry from the first two words.</summary>
    public static SmmuPageRequest Read(ReadOnlySpan<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "page request");
        return new(words[0], words[1]);
    }

    /// <summary>Writes the entry to the first two words.</summary>
    public void Write(Span<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "page request");
        words[0] = Word0;
        words[1] = Word1;
    }
}
