#pragma warning disable CA1000 // a format is a type argument: its members are static abstract
using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Smmu;

/// <summary>
/// Stage-1 tables. Arm DDI 0487, D8.3 and D8.5. Levels: 0 = the architecture's level 3, up to 3 = its level 0. There is no dirty bit: a leaf with
/// DBM is clean while AP[2] makes it read-only, dirty when it does not. A leaf without DBM is never dirty.
/// </summary>
public readonly struct ArmStage1Format<TGranule> : IDirtyTrackingFormat
    where TGranule : struct, IArmGranule
{
    /// <summary>Bit 10 (AF): accessed.</summary>
    public const ulong AccessFlagBit = ArmDescriptor.AccessFlagBit;
    /// <summary>Bit 51 (DBM): hardware may make the leaf writable.</summary>
    public const ulong DirtyModifierBit = ArmDescriptor.DirtyModifierBit;
    /// <summary>Bit 52: the leaf is a member of a contiguous run.</summary>
    public const ulong ContiguousBit = ArmDescriptor.ContiguousBit;
    /// <summary>Bit 6 (AP[1]): unprivileged accesses are allowed, as a device's are.</summary>
    public const ulong UnprivilegedBit = 1UL << 6;
    /// <summary>Bit 7 (AP[2]): read-only; of a leaf with DBM: clean.</summary>
    public const ulong ReadOnlyBit = 1UL << 7;
    /// <summary>Bit 11 (nG): the translation belongs to one ASID.</summary>
    public const ulong NotGlobalBit = 1UL << 11;
    /// <summary>Bits 54:53 (UXN, PXN): nothing is executed.</summary>
    public const ulong ExecuteNeverBits = 3UL << 53;
    /// <summary>Bit 61 (APTable[0]) of a table: no unprivileged access below.</summary>
    public const ulong TablePrivilegedBit = 1UL << 61;
    /// <summary>Bit 62 (APTable[1]) of a table: no writing below, whatever DBM says.</summary>
    public const ulong TableReadOnlyBit = 1UL << 62;

    // MAIR index 1 (bits 4:2), write-back memory in the driver's MAIR.
    private const ulong WriteBackIndex = 1UL << 2;
    /// <inheritdoc/>
    public static string Name { get; } = $"VMSAv8-64 stage 1, {TGranule.Name}";
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
    public static bool IsDirty(ulong entry) => (entry & (DirtyModifierBit | ReadOnlyBit)) == DirtyModifierBit;
    /// <summary>AF set; with DBM AP[2] cleared too.</summary>
    public static ulong MarkDirty(ulong entry) => ((entry & DirtyModifierBit) != 0 ? entry & ~ReadOnlyBit : entry) | AccessFlagBit;
    /// <summary>Writable-clean again; a leaf without DBM stays as it is.</summary>
    public static ulong Clean(ulong entry) => (entry & DirtyModifierBit) != 0 ? entry | ReadOnlyBit : entry;
    /// <inheritdoc/>
    public static EntryPattern DirtyPattern(int level) => ArmDescriptor.LeafPattern<TGranule>(level, DirtyModifierBit | ReadOnlyBit, DirtyModifierBit);
    /// <summary>Without the contiguous bit.</summary>
    public static EntryPattern DirtySinglePattern(int level) => ArmDescriptor.LeafPattern<TGranule>(level, DirtyModifierBit | ReadOnlyBit | ContiguousBit, DirtyModifierBit);
    /// <inheritdoc/>
    public static EntryPattern TablePattern(int level) => ArmDescriptor.TablePattern;
    /// <inheritdoc/>
    public static EntryPattern OrdinaryTable(int level) => new(ArmDescriptor.ValidBit | ArmDescriptor.TableBit | TablePrivilegedBit | TableReadOnlyBit, ArmDescriptor.ValidBit | ArmDescriptor.TableBit);
    /// <inheritdoc/>
    public static EntryPattern OrdinaryLeaf(int level) => ArmDescriptor.OrdinaryLeaf<TGranule>(level, UnprivilegedBit);

    /// <summary>What may be written may be read. Tables can take permission away.</summary>
    public static Permission PermissionOf(ulong entry, int level, bool hardwareKeepsDirty)
    {
        if (!IsLeaf(entry, level))
            return (entry & TablePrivilegedBit) != 0 ? Permission.None : (entry & TableReadOnlyBit) != 0 ? Permission.Read : Permission.ReadWrite;
        if ((entry & UnprivilegedBit) == 0) return Permission.None;
        return (entry & ReadOnlyBit) == 0 || (hardwareKeepsDirty && (entry & DirtyModifierBit) != 0) ? Permission.ReadWrite : Permission.Read;
    }

    /// <summary>As Linux writes it but for AF and AP[2]: unprivileged, not global, not executable, write-back.</summary>
    public static ulong EncodeLeaf(ulong address, int level, int sizeLog2, Permission permission) =>
        ArmDescriptor.EncodeLeaf<TGranule>(address, level, sizeLog2) | WriteBackIndex | UnprivilegedBit | ReadOnlyBit | NotGlobalBit | ExecuteNeverBits
        | ((permission & Permission.Write) != 0 ? DirtyModifierBit : 0);

    /// <inheritdoc/>
    public static FaultKind RefusalOf(ulong entry, int level, bool isWrite) =>
        (entry & UnprivilegedBit) == 0 ? FaultKind.SupervisorOnly : isWrite ? FaultKind.NoWritePermission : FaultKind.NoReadPermission;
}
