namespace Workbench.Iommu.Smmu;

/// <content>Words 2 and 3: stage 2. IHI 0070 §5.2 [S].</content>
public readonly partial record struct SmmuStreamTableEntry
{
    /// <summary>The tag of this address space in the SMMU's caches (S2VMID). Bits 143:128; also used by stage 1 alone.</summary>
    public ushort Vmid { get => (ushort)Word2.Field(15, 0); init => Word2 = Word2.WithField(15, 0, value); }

    /// <summary>64 minus the number of input bits (S2T0SZ), 0 to 63. Bits 165:160.</summary>
    public int Stage2SizeOffset { get => (int)Word2.Field(37, 32); init => Word2 = Word2.WithField(37, 32, unchecked((ulong)value)); }

    /// <summary>Where the walk starts (S2SL0), a code that depends on the granule; see <see cref="Stage2RootLevel"/>. Bits 167:166.</summary>
    public int Stage2StartCode { get => (int)Word2.Field(39, 38); init => Word2 = Word2.WithField(39, 38, unchecked((ulong)value)); }

    /// <summary>Inner cacheability of table walks (S2IR0): 0 none, 1 write-back, 2 write-through, 3 write-back without allocation. Bits 169:168.</summary>
    public int Stage2InnerCacheability { get => (int)Word2.Field(41, 40); init => Word2 = Word2.WithField(41, 40, unchecked((ulong)value)); }

    /// <summary>Outer cacheability of table walks (S2OR0), coded as the inner one. Bits 171:170.</summary>
    public int Stage2OuterCacheability { get => (int)Word2.Field(43, 42); init => Word2 = Word2.WithField(43, 42, unchecked((ulong)value)); }

    /// <summary>Shareability of table walks (S2SH0): 0 none, 2 outer, 3 inner. Bits 173:172.</summary>
    public int Stage2Shareability { get => (int)Word2.Field(45, 44); init => Word2 = Word2.WithField(45, 44, unchecked((ulong)value)); }

    /// <summary>Granule of the tables (S2TG): code 0 is 4 KiB, 1 is 64 KiB, 2 is 16 KiB, 3 is reserved. Bits 175:174.</summary>
    public SmmuGranule Stage2Granule
    {
        get => SmmuGranuleExtensions.OfLowerCode(Word2.Field(47, 46));
        init => Word2 = Word2.WithField(47, 46, value.LowerCode);
    }

    /// <summary>Size of output addresses (S2PS); hardware caps it to OAS. Bits 178:176.</summary>
    public SmmuAddressSize Stage2OutputSize { get => (SmmuAddressSize)Word2.Field(50, 48); init => Word2 = Word2.WithField(50, 48, (ulong)value); }

    /// <summary>Whether the tables are VMSAv8-64, else 32-bit LPAE (S2AA64). Bit 179.</summary>
    public bool Stage2Is64Bit { get => Word2.Bit(51); init => Word2 = Word2.WithBit(51, value); }

    /// <summary>Whether the tables are big-endian (S2ENDI). Bit 180.</summary>
    public bool Stage2IsBigEndian { get => Word2.Bit(52); init => Word2 = Word2.WithBit(52, value); }

    /// <summary>Whether AF = 0 counts as 1 (S2AFFD); ignored if hardware sets it. Bit 181.</summary>
    public bool Stage2IgnoresAccessFlag { get => Word2.Bit(53); init => Word2 = Word2.WithBit(53, value); }

    /// <summary>Whether a walk or context fetch through a page of device memory faults (S2PTW). Bit 182; nested only.</summary>
    public bool Stage2ProtectsWalks { get => Word2.Bit(54); init => Word2 = Word2.WithBit(54, value); }

    /// <summary>Whether hardware makes writable-clean leaves dirty (S2HD). Bit 183; means nothing without S2HA.</summary>
    public bool Stage2DirtyIsUpdated { get => Word2.Bit(55); init => Word2 = Word2.WithBit(55, value); }

    /// <summary>Whether hardware sets the access flag (S2HA). Bit 184.</summary>
    public bool Stage2AccessFlagIsUpdated { get => Word2.Bit(56); init => Word2 = Word2.WithBit(56, value); }

    /// <summary>Whether translation faults stall (S2S). Bit 185.</summary>
    public bool Stage2Stalls { get => Word2.Bit(57); init => Word2 = Word2.WithBit(57, value); }

    /// <summary>Whether translation faults are recorded (S2R). Bit 186.</summary>
    public bool Stage2FaultsAreRecorded { get => Word2.Bit(58); init => Word2 = Word2.WithBit(58, value); }

    /// <summary>Whether hardware sets the access flag of table descriptors too (S2HAFT). Bit 187; needs IDR0.HTTU 3.</summary>
    public bool Stage2TableAccessFlagIsUpdated { get => Word2.Bit(59); init => Word2 = Word2.WithBit(59, value); }

    /// <summary>Bit 2 of the start code (S2SL0_2), read only with <see cref="Stage2HasLargeAddresses"/> and 4 KiB. Bit 194.</summary>
    public bool Stage2StartCodeHigh { get => Word3.Bit(2); init => Word3 = Word3.WithBit(2, value); }

    /// <summary>Whether 4 and 16 KiB tables have 52-bit addresses (S2DS). Bit 195; needs IDR5.DS.</summary>
    public bool Stage2HasLargeAddresses { get => Word3.Bit(3); init => Word3 = Word3.WithBit(3, value); }

    /// <summary>Root of the tables (S2TTB); hardware aligns it to the size of the root. Bits 243:196.</summary>
    public Spa Stage2Table { get => new(Word3.Address(51, 4)); init => Word3 = Word3.WithAddress(51, 4, value.Value); }

    /// <summary>Whether dirty state is tracked at stage 2: {S2HA, S2HD} = 11; S2HD alone behaves as neither. §5.2 [S].</summary>
    public bool Stage2TracksDirty => TranslatesStage2 && Stage2AccessFlagIsUpdated && Stage2DirtyIsUpdated;

    /// <summary>Number of input bits, 1 to 64; what hardware accepts is narrower.</summary>
    public int Stage2InputBits => 64 - Stage2SizeOffset;

    /// <summary>
    /// Level of the root table, 0 the leaf level (level 3 of the specification) to 4 (its level -1); null for a reserved code.
    /// DDI 0487 AArch64.S2StartLevel [S].
    /// </summary>
    public int? Stage2RootLevel => Stage2Granule switch
    {
        SmmuGranule.Size4K when Stage2HasLargeAddresses && Stage2StartCodeHigh => Stage2StartCode == 0 ? 4 : null,
        SmmuGranule.Size4K => Stage2StartCode == 3 ? 0 : Stage2StartCode + 1,
        SmmuGranule.Size16K => Stage2StartCode,
        SmmuGranule.Size64K when Stage2StartCode < 3 => Stage2StartCode,
        _ => null,
    };

    /// <summary>Number of concatenated root tables, 1 to 16; 0 if granule, start code and size do not fit together.</summary>
    public int Stage2RootTables
    {
        get
        {
            if (Stage2RootLevel is not int root || !StartLevelFitsSize(root)) return 0;
            int indexBits = Stage2InputBits - Stage2Granule.SizeLog2 - (root * Stage2Granule.BitsPerLevel);
            return 1 << Math.Max(0, indexBits - Stage2Granule.BitsPerLevel);
        }
    }

    // The root resolves at least 1 bit and, with 16 tables concatenated, 4 more than a table. AArch64.S2InconsistentSL [S].
    private bool StartLevelFitsSize(int root)
    {
        int least = Stage2Granule.SizeLog2 + (root * Stage2Granule.BitsPerLevel) + 1;
        return Stage2InputBits >= least && Stage2InputBits <= least + Stage2Granule.BitsPerLevel + 3;
    }
}
