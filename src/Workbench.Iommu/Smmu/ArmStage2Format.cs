#pragma warning disable CA1000 // a format is a type argument: its members are static abstract
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Smmu;

/// <summary>
/// Stage-2 tables. Arm DDI 0487, D8.3 and D8.5. Levels: 0 = the architecture's level 3, up to 3 = its level 0. There is no dirty bit: a leaf with
/// DBM is clean until S2AP[1] allows writing. A leaf without DBM is never dirty. Tables have no permissions.
/// </summary>
public readonly struct ArmStage2Format<TGranule> : IDirtyTrackingFormat
    where TGranule : struct, IArmGranule
{
    /// <summary>Bit 10 (AF): accessed.</summary>
    public const ulong AccessFlagBit = ArmDescriptor.AccessFlagBit;
    /// <summary>Bit 51 (DBM): hardware may make the leaf writable.</summary>
    public const ulong DirtyModifierBit = ArmDescriptor.DirtyModifierBit;
    /// <summary>Bit 52: the leaf is a member of a contiguous run.</summary>
    public const ulong ContiguousBit = ArmDescriptor.ContiguousBit;
    /// <summary>Bit 6 (S2AP[0]): reading is allowed.</summary>
    public const ulong ReadBit = 1UL << 6;
    /// <summary>Bit 7 (S2AP[1]): writing is allowed; of a leaf with DBM: dirty.</summary>
    public const ulong WriteBit = 1UL << 7;
    /// <summary>Bit 54 (XN[1]): nothing is executed.</summary>
    public const ulong ExecuteNeverBit = 1UL << 54;

    // MemAttr (bits 5:2): write-back inside and out.
    private const ulong WriteBack = 0xFUL << 2;
    /// <inheritdoc/>
    public static string Name { get; } = $"VMSAv8-64 stage 2, {TGranule.Name}";
    /// <inheritdoc/>
    public static int MaxLevels => TGranule.MaxLevels;
    /// <inheritdoc/>
    public static int IndexBits => TGranule.SizeLog2 - 3;
    /// <inheritdoc/>
    public static bool IsSigned => false;
    /// <summary>Only with HAFT, which the context enables: no part has to.</summary>
    public static bool MarksTablesAccessed => false;

    /// <inheritdoc/>
    public static int Shift(int level) => ArmDescriptor.Shift<TGranule>(level);
    /// <inheritdoc/>
    public static ulong LeafSizes(int level) => ArmDescriptor.LeafSizes<TGranule>(level);
    /// <inheritdoc/>
    public static bool IsPresent(ulong entry, int level) => ArmDescriptor.IsPresent<TGranule>(entry, level);
    /// <inheritdoc/>
    public static bool IsLeaf(ulong entry, int level) => ArmDescriptor.IsLeaf(entry, level);
    /// <summary>VMSAv8-64 has no bits that fault when set.</summary>
    public static bool HasReservedBits(ulong entry, int level) => false;
    /// <inheritdoc/>
    public static ulong TableAddress(ulong entry) => ArmDescriptor.AddressOf<TGranule>(entry);
    /// <inheritdoc/>
    public static ulong LeafAddress(ulong entry, int level) => ArmDescriptor.LeafAddress<TGranule>(entry, level);
    /// <inheritdoc/>
    public static int LeafSizeLog2(ulong entry, int level) => ArmDescriptor.LeafSizeLog2<TGranule>(entry, level);
    /// <inheritdoc/>
    public static ulong NonTranslatingBit(int level) => ArmDescriptor.NonTranslatingBit(level);
    /// <summary>A table without restrictions of its own.</summary>
    public static ulong EncodeTable(ulong address, int level) => ArmDescriptor.WithAddress<TGranule>(address) | ArmDescriptor.ValidBit | ArmDescriptor.TableBit;

    /// <inheritdoc/>
    public static bool IsAccessed(ulong entry) => (entry & AccessFlagBit) != 0;
    /// <inheritdoc/>
    public static ulong MarkAccessed(ulong entry) => entry | AccessFlagBit;
    /// <inheritdoc/>
    public static bool IsDirty(ulong entry) => (entry & (DirtyModifierBit | WriteBit)) == (DirtyModifierBit | WriteBit);
    /// <summary>AF set; with DBM S2AP[1] too.</summary>
    public static ulong MarkDirty(ulong entry) => ((entry & DirtyModifierBit) != 0 ? entry | WriteBit : entry) | AccessFlagBit;
    /// <summary>Writable-clean again; a leaf without DBM stays as it is.</summary>
    public static ulong Clean(ulong entry) => (entry & DirtyModifierBit) != 0 ? entry & ~WriteBit : entry;
    /// <inheritdoc/>
    public static EntryPattern DirtyPattern(int level) => ArmDescriptor.LeafPattern<TGranule>(level, DirtyModifierBit | WriteBit, DirtyModifierBit | WriteBit);
    /// <summary>Without the contiguous bit.</summary>
    public static EntryPattern DirtySinglePattern(int level) => ArmDescriptor.LeafPattern<TGranule>(level, DirtyModifierBit | WriteBit | ContiguousBit, DirtyModifierBit | WriteBit);
    /// <inheritdoc/>
    public static EntryPattern TablePattern(int level) => ArmDescriptor.TablePattern;
    /// <inheritdoc/>
    public static EntryPattern OrdinaryTable(int level) => ArmDescriptor.TablePattern;
    /// <inheritdoc/>
    public static EntryPattern OrdinaryLeaf(int level) => ArmDescriptor.OrdinaryLeaf<TGranule>(level, ReadBit);

    /// <summary>Reading and writing are allowed separately, by leaves alone.</summary>
    public static Permission PermissionOf(ulong entry, int level, bool hardwareKeepsDirty)
    {
        if (!IsLeaf(entry, level)) return Permission.ReadWrite;
        bool writes = (entry & WriteBit) != 0 || (hardwareKeepsDirty && (entry & DirtyModifierBit) != 0);
        return ((entry & ReadBit) != 0 ? Permission.Read : Permission.None) | (writes ? Permission.Write : Permission.None);
    }

    /// <summary>As Linux writes it but for AF and S2AP[1]: not executable, write-back.</summary>
    public static ulong EncodeLeaf(ulong address, int level, int sizeLog2, Permission permission) =>
        ArmDescriptor.EncodeLeaf<TGranule>(address, level, sizeLog2) | WriteBack | ExecuteNeverBit
        | ((permission & Permission.Read) != 0 ? ReadBit : 0) | ((permission & Permission.Write) != 0 ? DirtyModifierBit : 0);
}
