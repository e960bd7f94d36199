using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Vtd;

/// <summary>
/// One entry of the page request queue, 256 bits, as hardware writes it. VT-d §7.5 [R]; fields from Linux [L]. Words 2 and 3 carried private
/// data in older revisions and are 0 here.
/// </summary>
public readonly record struct VtdPageRequest(ulong Word0, ulong Word1)
{
    /// <summary>Size in 64-bit words.</summary>
    public const int WordCount = 4;
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 32;
    /// <summary>The type of a page request, the only one there is.</summary>
    public const int PageRequestType = 1;

    /// <summary>Type of the entry. Bits 7:0.</summary>
    public int Type { get => (int)Word0.Field(7, 0); init => Word0 = Word0.WithField(7, 0, (ulong)value); }

    /// <summary>Whether the request carried a PASID. Bit 8.</summary>
    public bool HasPasid { get => Word0.Bit(8); init => Word0 = Word0.WithBit(8, value); }

    /// <summary>The requester. Bits 31:16.</summary>
    public RequesterId SourceId { get => new((ushort)Word0.Field(31, 16)); init => Word0 = Word0.WithField(31, 16, value.Value); }

    /// <summary>The PASID, if there is one. Bits 51:32.</summary>
    public Pasid Pasid { get => new((uint)Word0.Field(51, 32)); init => Word0 = Word0.WithField(51, 32, value.Value); }

    /// <summary>Whether reading is wanted. Bit 64.</summary>
    public bool WantsRead { get => Word1.Bit(0); init => Word1 = Word1.WithBit(0, value); }

    /// <summary>Whether writing is wanted. Bit 65.</summary>
    public bool WantsWrite { get => Word1.Bit(1); init => Word1 = Word1.WithBit(1, value); }

    /// <summary>Whether it is the last request of its group (LPIG). Bit 66.</summary>
    public bool IsLastOfGroup { get => Word1.Bit(2); init => Word1 = Word1.WithBit(2, value); }

    /// <summary>The group that the answer names (PRG index), 0 to 511. Bits 75:67.</summary>
    public int Group { get => (int)Word1.Field(11, 3); init => Word1 = Word1.WithField(11, 3, (ulong)value); }

    /// <summary>Address of the page. Bits 127:76.</summary>
    public Iova Page { get => new(Word1.PageAddress); init => Word1 = Word1.WithPageAddress(value.Value); }

    /// <summary>Reads an entry from its four words.</summary>
    public static VtdPageRequest Read(ReadOnlySpan<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "page request");
        return new(words[0], words[1]);
    }

    /// <summary>Writes the entry to four words.</summary>
    public void Write(Span<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "page request");
        (words[0], words[1], words[2], words[3]) = (Word0, Word1, 0, 0);
    }
}
