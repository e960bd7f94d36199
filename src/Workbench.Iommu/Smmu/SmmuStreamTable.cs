namespace Workbench.Iommu.Smmu;

/// <summary>
/// Where the stream table is and how a StreamID finds its entry: SMMU_STRTAB_BASE and SMMU_STRTAB_BASE_CFG (offsets 0x80 and
/// 0x88). IHI 0070 §6.3.24, 6.3.25 [S].
/// </summary>
public readonly record struct SmmuStreamTable(ulong BaseRegister, uint ConfigRegister)
{
    /// <summary>Read-allocate hint of table fetches (RA). STRTAB_BASE bit 62.</summary>
    public bool AllocatesOnRead { get => BaseRegister.Bit(62); init => BaseRegister = BaseRegister.WithBit(62, value); }

    /// <summary>The table as programmed (ADDR); hardware aligns it, see <see cref="AlignedTable"/>. STRTAB_BASE bits 55:6.</summary>
    public Spa Table { get => new(BaseRegister.Address(55, 6)); init => BaseRegister = BaseRegister.WithAddress(55, 6, value.Value); }

    /// <summary>Log2 of the number of streams (LOG2SIZE), 0 to IDR1.SIDSIZE. STRTAB_BASE_CFG bits 5:0.</summary>
    public int Log2Size { get => (int)ConfigRegister.Field(5, 0); init => ConfigRegister = ConfigRegister.WithField(5, 0, value); }

    /// <summary>The split field as programmed (SPLIT). STRTAB_BASE_CFG bits 10:6.</summary>
    public int SplitCode { get => (int)ConfigRegister.Field(10, 6); init => ConfigRegister = ConfigRegister.WithField(10, 6, value); }

    /// <summary>The format field as programmed (FMT): 0 linear, 1 two-level, 2 and 3 behave as 0. STRTAB_BASE_CFG bits 17:16.</summary>
    public int FormatCode { get => (int)ConfigRegister.Field(17, 16); init => ConfigRegister = ConfigRegister.WithField(17, 16, value); }

    /// <summary>Whether there is a first level.</summary>
    public bool IsTwoLevel => FormatCode == 1;

    /// <summary>StreamID bits that index a leaf table: 6, 8 or 10; other codes behave as 6.</summary>
    public int Split => SplitCode is 8 or 10 ? SplitCode : 6;

    /// <summary>A table in which every entry is in one array, of 2^log2Size entries.</summary>
    public static SmmuStreamTable Linear(Spa table, int log2Size) => new() { Table = table, Log2Size = log2Size };

    /// <summary>A two-level table whose leaf tables hold 2^split entries; split is 6, 8 or 10.</summary>
    public static SmmuStreamTable TwoLevel(Spa table, int log2Size, int split) => new()
    {
        Table = table,
        Log2Size = log2Size,
        FormatCode = 1,
        SplitCode = split is 6 or 8 or 10
            ? split
            : throw new ArgumentOutOfRangeException(nameof(split), $"Split {split} is none; 6, 8 or 10."),
    };

    /// <summary>Size in bytes of the array at the base: entries if linear, first-level descriptors if two-level. Saturates at 2^63.</summary>
    public ulong SizeBytes => 1UL << Math.Min(63, IsTwoLevel ? Math.Max(0, Log2Size - Split) + 3 : Log2Size + 6);

    /// <summary>The table as hardware uses it: aligned down to its size, or 64 bytes if that is more.</summary>
    public Spa AlignedTable => new(Table.Value & ~(Math.Max(64, SizeBytes) - 1));

    /// <summary>Whether the table reaches a stream; if not the transaction ends with C_BAD_STREAMID.</summary>
    public bool Covers(uint streamId) => Log2Size >= 32 || streamId >> Log2Size == 0;

    /// <summary>Place of a stream's descriptor in the first level; 0 if there is none.</summary>
    public uint Level1IndexOf(uint streamId) => IsTwoLevel ? streamId >> Split : 0;

    /// <summary>Place of a stream's entry in its leaf table, or in the one array.</summary>
    public uint LeafIndexOf(uint streamId) => IsTwoLevel ? streamId & (uint)Bits.Mask(Split) : streamId;

    /// <summary>Address of a stream's first-level descriptor.</summary>
    public Spa Level1EntryOf(uint streamId) =>
        new(unchecked(AlignedTable.Value + ((ulong)Level1IndexOf(streamId) * SmmuStreamLevel1.SizeBytes)));

    /// <summary>Address of a stream's entry in a linear table.</summary>
    public Spa LinearEntryOf(uint streamId) =>
        new(unchecked(AlignedTable.Value + ((ulong)streamId * SmmuStreamTableEntry.SizeBytes)));
}
