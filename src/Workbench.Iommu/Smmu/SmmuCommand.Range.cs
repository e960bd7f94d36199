namespace Workbench.Iommu.Smmu;

/// <content>The addresses of a TLBI or ATC_INV command. IHI 0070 §4.4.1.1, §4.5.1 [S].</content>
public readonly partial record struct SmmuCommand
{
    private const int LargestScale = 39;

    /// <summary>Granules minus 1 before scaling (NUM), 0 to 31. Bits 16:12; needs IDR3.RIL.</summary>
    public int Num => (int)Word0.Field(16, 12);

    /// <summary>Log2 by which NUM + 1 is multiplied (SCALE). Bits 25:20; bit 25 needs IDR5.DS; above 39 counts as 39.</summary>
    public int Scale => (int)Word0.Field(25, 20);

    /// <summary>Level hint for 128-bit descriptors (TTL128). Bit 71; needs IDR5.D128, which is not modelled.</summary>
    public bool HintIsFor128Bit => Word1.Bit(7);

    /// <summary>Level hint (TTL): 0 any, else the specification's level 1 to 3 of the leaf. Bits 73:72; needs IDR3.RIL.</summary>
    public int LevelHint => (int)Word1.Field(9, 8);

    /// <summary>Granule of the entries (TG); none means any, without range and hint. Bits 75:74; needs IDR3.RIL.</summary>
    public SmmuGranule Granule => (SmmuGranule)Word1.Field(11, 10);

    /// <summary>Whether the command is a TLBI that takes an address, NUM, SCALE, TTL and TG.</summary>
    public bool IsByAddress => Opcode is SmmuOpcode.TlbiNhVa or SmmuOpcode.TlbiNhVaa or SmmuOpcode.TlbiEl2Va or SmmuOpcode.TlbiEl2Vaa or SmmuOpcode.TlbiS2Ipa;

    /// <summary>The only level whose leaves must go, 0 the leaf level; null if the hint is none or the granule has no leaf there.</summary>
    public int? HintedLevel => IsByAddress && Granule != SmmuGranule.None && LevelHint != 0 ? 3 - LevelHint : null;

    /// <summary>
    /// First byte of a TLBI by address or ATC_INV, 0 for other opcodes. Of a TLBI without range it is the address given: an entry
    /// that holds it goes, however large. See <see cref="AsReadBy"/> for parts without RIL.
    /// </summary>
    public ulong FirstByte => IsByAddress ? Address : Opcode == SmmuOpcode.AtcInvalidate ? Address & ~AtcMask : 0;

    /// <summary>
    /// Last byte of a TLBI by address or ATC_INV, included; the largest address for other opcodes. Ranges do not wrap: they end
    /// at the top of the address space. Without range it is the end of the 4 KiB given.
    /// </summary>
    public ulong LastByte
    {
        get
        {
            if (Opcode == SmmuOpcode.AtcInvalidate) return Address | AtcMask;
            if (!IsByAddress) return ulong.MaxValue;
            // At most 32 · 2^39 · 64 KiB = 2^60.
            ulong size = Granule == SmmuGranule.None ? 4096 : ((ulong)Num + 1) << (Math.Min(Scale, LargestScale) + Granule.SizeLog2);
            return Address > ulong.MaxValue - (size - 1) ? ulong.MaxValue : Address + (size - 1);
        }
    }

    /// <summary>
    /// Whether bits of the address below the block that TTL and TG name are set, which makes the range UNPREDICTABLE. §4.4.1.1 [S].
    /// </summary>
    public bool RangeIsUnpredictable
    {
        get
        {
            if (!IsByAddress || Granule == SmmuGranule.None) return false;
            int levelsAboveLeaf = LevelHint == 0 ? 0 : 3 - LevelHint;
            return (Address & Bits.Mask(Granule.SizeLog2 + (levelsAboveLeaf * Granule.BitsPerLevel))) != 0;
        }
    }

    /// <summary>
    /// The command as a part reads it that ignores reserved fields: without RIL no range and no hint, without DS no SCALE bit 25
    /// and no level-1 hint for 16 KiB.
    /// </summary>
    public SmmuCommand AsReadBy(SmmuFeatures features)
    {
        if (!IsByAddress) return this;
        if (!features.SupportsRangeInvalidation || Granule == SmmuGranule.None)
            return new(Word0.WithField(16, 12, 0).WithField(25, 20, 0), Word1.WithField(11, 7, 0));
        ulong word0 = features.SupportsLargeAddresses ? Word0 : Word0.WithBit(25, false);
        ulong word1 = Word1.WithBit(7, false);
        return new(word0, HintIsReserved(features) ? word1.WithField(9, 8, 0) : word1);
    }

    // Blocks at level 1 of a 16 KiB table exist with 52-bit addresses only.
    private bool HintIsReserved(SmmuFeatures features) =>
        Granule == SmmuGranule.Size16K && LevelHint == 1 && !features.SupportsLargeAddresses;

    private ulong AtcMask => Bits.Mask(Math.Min(64, 12 + AtcSize));
}
