using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Vtd;

/// <summary>
/// Scalable-mode root entry, 128 bits, one per PCI bus: the lower word leads to the context table of device-functions
/// 0 to 127, the upper word to that of 128 to 255. VT-d §9.2 [L]; reserved bits also in two public emulators [M].
/// </summary>
public readonly record struct VtdRootEntry(ulong LowerWord, ulong UpperWord)
{
    /// <summary>Size in 64-bit words.</summary>
    public const int WordCount = 2;
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 16;
    /// <summary>Entries in the root table, one per bus; the table fills one 4 KiB page.</summary>
    public const int EntriesPerTable = 256;

    private const ulong LayoutReserved = 0xFFE;

    /// <summary>Whether device-functions 0 to 127 have a context table (LP). Lower word, bit 0.</summary>
    public bool LowerIsPresent { get => LowerWord.Bit(0); init => LowerWord = LowerWord.WithBit(0, value); }

    /// <summary>Context table of device-functions 0 to 127 (LCTP). Lower word, bits 63:12.</summary>
    public Spa LowerContextTable { get => new(LowerWord.PageAddress); init => LowerWord = LowerWord.WithPageAddress(value.Value); }

    /// <summary>Whether device-functions 128 to 255 have a context table (UP). Upper word, bit 0.</summary>
    public bool UpperIsPresent { get => UpperWord.Bit(0); init => UpperWord = UpperWord.WithBit(0, value); }

    /// <summary>Context table of device-functions 128 to 255 (UCTP). Upper word, bits 63:12.</summary>
    public Spa UpperContextTable { get => new(UpperWord.PageAddress); init => UpperWord = UpperWord.WithPageAddress(value.Value); }

    /// <summary>The place of a requester's entry in the root table: its bus number.</summary>
    public static int IndexOf(RequesterId requester) => requester.Bus;

    /// <summary>Reads the entry from the first two words.</summary>
    public static VtdRootEntry Read(ReadOnlySpan<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "root entry");
        return new(words[0], words[1]);
    }

    /// <summary>Writes the entry to the first two words.</summary>
    public void Write(Span<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "root entry");
        words[0] = LowerWord;
        words[1] = UpperWord;
    }

    /// <summary>Whether the half for a device-function is present.</summary>
    public bool IsPresentFor(byte deviceFunction) => deviceFunction < 128 ? LowerIsPresent : UpperIsPresent;

    /// <summary>The context table for a device-function, whether or not it is present.</summary>
    public Spa ContextTableFor(byte deviceFunction) => deviceFunction < 128 ? LowerContextTable : UpperContextTable;

    /// <summary>
    /// Whether the half for a device-function has a reserved bit set (bits 11:1, or pointer bits at or above the host
    /// address width of the DMAR table). Matters only if that half is present: <see cref="VtdFaultReason.RootEntryReservedBits"/>.
    /// </summary>
    public bool ReservedBitsSet(byte deviceFunction, int hostAddressBits = 52) =>
        ((deviceFunction < 128 ? LowerWord : UpperWord) & (LayoutReserved | VtdWords.AboveHostWidth(hostAddressBits))) != 0;
}
