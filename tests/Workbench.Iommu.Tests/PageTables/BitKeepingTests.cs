using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Tests.Models;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.PageTables;

/// <summary>Every combination of what hardware does about A and D, what a leaf says, and what a walk is for, against sentences.</summary>
public sealed class BitKeepingTests
{
    private const ulong Iova = 0x20_0000;

    [Fact]
    public void Bits_of_their_own() => All<VtdSecondStageFormat>(isCodedInPermission: false);

    [Fact]
    public void Bits_in_the_members_of_runs() => All<RunFormat>(isCodedInPermission: false);

    [Fact]
    public void Dirty_coded_as_permission() => All<WideFormat>(isCodedInPermission: true);

    private sealed record Case(BitKeeping Accessed, BitKeeping Dirty, bool IsAccessed, bool IsDirty, Permission Permission, AccessKind Kind);

    private static IEnumerable<Case> Cases =>
        from accessed in Enum.GetValues<BitKeeping>()
        from dirty in Enum.GetValues<BitKeeping>()
        where dirty != BitKeeping.ByHardware || accessed == BitKeeping.ByHardware // no part keeps D without A
        from state in new[] { LeafState.Clean, LeafState.Accessed, LeafState.Dirty }
        from permission in new[] { Permission.Read, Permission.Write, Permission.ReadWrite }
        from kind in Enum.GetValues<AccessKind>()
        select new Case(accessed, dirty, state != LeafState.Clean, state == LeafState.Dirty && (permission & Permission.Write) != 0, permission, kind);

    private static void All<TFormat>(bool isCodedInPermission)
        where TFormat : struct, IDirtyTrackingFormat => Assert.All(Cases, one =>
    {
        LeafState state = one.IsDirty ? LeafState.Dirty : one.IsAccessed ? LeafState.Accessed : LeafState.Clean;
        using TableRig<TFormat> rig = new(TableShape.OfLevels<TFormat>(2), state);
        Assert.Equal(MapResult.Mapped, rig.Map(Iova, 0, 1UL << TFormat.Shift(0), one.Permission));
        TranslationContext context = rig.Context with { Table = rig.Context.Table! with { Accessed = one.Accessed, Dirty = one.Dirty } };
        (FaultKind fault, bool accessed, bool dirty, Permission granted, bool known) = Expected(one, isCodedInPermission);
        Assert.Equal(fault, rig.Walk(context, Iova, one.Kind, out WalkResult found));
        ulong word = rig.LeafWord(Iova);
        Assert.Equal((accessed, dirty), (TFormat.IsAccessed(word), TFormat.IsDirty(word)));
        if (fault != FaultKind.None) return;
        Assert.Equal(granted, found.Permission);
        if ((granted & Permission.Write) != 0) Assert.Equal(known, found.DirtyIsKnown);
    });

    private static (FaultKind Fault, bool Accessed, bool Dirty, Permission Granted, bool DirtyKnown) Expected(Case one, bool isCodedInPermission)
    {
        // Without hardware that makes it writable, a clean page coded as permission is a page that may not be written.
        Permission granted = isCodedInPermission && one.Dirty != BitKeeping.ByHardware && !one.IsDirty ? one.Permission & Permission.Read : one.Permission;
        (FaultKind, bool, bool, Permission, bool) refused(FaultKind kind) => (kind, one.IsAccessed, one.IsDirty, granted, false);
        // The access flag comes before permission.
        if (one.Accessed == BitKeeping.Faults && !one.IsAccessed) return refused(FaultKind.AccessedIsClear);
        bool mayWrite = (granted & Permission.Write) != 0, mayRead = (granted & Permission.Read) != 0;
        switch (one.Kind)
        {
            case AccessKind.Read when !mayRead:
                return refused(FaultKind.NoReadPermission);
            case AccessKind.Write when !mayWrite:
                return refused(FaultKind.NoWritePermission);
            case AccessKind.Write when one.Dirty == BitKeeping.Faults && !one.IsDirty:
                return refused(FaultKind.DirtyIsClear);
            case AccessKind.TranslateToRead or AccessKind.TranslateToWrite when granted == Permission.None:
                return refused(FaultKind.NoReadPermission);
        }
        bool writes = one.Kind == AccessKind.Write || (one.Kind == AccessKind.TranslateToWrite && mayWrite);
        bool accessed = one.IsAccessed || one.Accessed == BitKeeping.ByHardware;
        bool dirty = one.IsDirty || (writes && one.Dirty == BitKeeping.ByHardware);
        return (FaultKind.None, accessed, dirty, granted, one.Dirty == BitKeeping.Ignored || dirty);
    }

    [Theory]
    [InlineData(AccessKind.Read, LeafState.Clean, false)]
    [InlineData(AccessKind.Read, LeafState.Accessed, true)]
    [InlineData(AccessKind.Write, LeafState.Accessed, false)]
    [InlineData(AccessKind.Write, LeafState.Dirty, true)]
    public void Walks_that_may_not_update_entries_fault_where_one_is_needed(AccessKind kind, LeafState state, bool succeeds)
    {
        using TableRig<VtdSecondStageFormat> rig = new(TableShape.OfLevels<VtdSecondStageFormat>(2), state);
        rig.Map(Iova, 0, 0x1000);
        TranslationContext context = rig.Context with { Table = rig.Context.Table! with { CoherentWalks = false, MarksTables = false } };
        ulong before = rig.LeafWord(Iova);
        Assert.Equal(succeeds ? FaultKind.None : FaultKind.DirtyUpdateNotCoherent, rig.Walk(context, Iova, kind, out _));
        Assert.Equal(before, rig.LeafWord(Iova));
    }

    // VT-d's Extended Accessed: set wherever Accessed is, on the way too, and in entries that were accessed before it was asked for.
    [Theory]
    [InlineData(LeafState.Clean)]
    [InlineData(LeafState.Dirty)]
    public void What_is_set_with_accessed_is_set_on_every_level(LeafState state)
    {
        using TableRig<X64Format> rig = new(TableShape.OfLevels<X64Format>(3), state);
        rig.Map(0, 0, 0x1000);
        if (state == LeafState.Dirty) Assert.Equal(FaultKind.None, rig.Read(0));
        TranslationContext context = rig.Context with { Table = rig.Context.Table! with { AlsoAccessed = X64Format.ExtendedAccessedBit } };
        Assert.Equal(FaultKind.None, rig.Walk(context, 0, AccessKind.Read, out _));
        ulong table = rig.Table.Root.Value;
        for (int level = 2; level >= 0; level--)
        {
            ulong entry = rig.Memory.Word(new(table));
            Assert.Equal(X64Format.AccessedBit | X64Format.ExtendedAccessedBit, entry & (X64Format.AccessedBit | X64Format.ExtendedAccessedBit));
            table = X64Format.TableAddress(entry);
        }
        Assert.Equal(3, rig.Counters.AccessedUpdates + (state == LeafState.Dirty ? 1 : 0));
    }

    [Fact]
    public void A_bit_that_must_be_zero_faults_on_every_level()
    {
        using TableRig<VtdSecondStageFormat> rig = new(TableShape.OfLevels<VtdSecondStageFormat>(3));
        rig.Map(0, 0, 0x1000);
        TranslationContext context = rig.Context with { Table = rig.Context.Table! with { MustBeZero = 1UL << 60 } };
        Assert.Equal(FaultKind.None, rig.Walk(context, 0, AccessKind.Read, out _));
        ulong table = rig.Table.Root.Value;
        for (int level = 2; level >= 0; level--)
        {
            rig.Memory.Word(new(table)) ^= 1UL << 60;
            Assert.Equal(FaultKind.ReservedBits, rig.Walk(context, 0, AccessKind.Read, out _));
            Assert.Equal(FaultKind.None, rig.Read(0));
            rig.Memory.Word(new(table)) ^= 1UL << 60;
            table = VtdSecondStageFormat.TableAddress(rig.Memory.Word(new(table)));
        }
    }

    [Fact]
    public void What_the_part_lacks_faults()
    {
        using TableRig<VtdSecondStageFormat> rig = new(TableShape.OfLevels<VtdSecondStageFormat>(3));
        rig.Map(0, 1UL << 46, 0x1000);
        rig.Map(0x20_0000, 1UL << 30, 0x20_0000);
        TranslationContext narrow = rig.Context with { Table = rig.Context.Table! with { LastOutput = (1UL << 46) - 1 } }, small = rig.Context with { Table = rig.Context.Table! with { LargestLeafLog2 = 12 } };
        Assert.Equal(FaultKind.BeyondOutputWidth, rig.Walk(narrow, 0, AccessKind.Read, out _));
        Assert.Equal(FaultKind.None, rig.Walk(narrow, 0x20_0000, AccessKind.Read, out _));
        Assert.Equal(FaultKind.ReservedBits, rig.Walk(small, 0x20_0000, AccessKind.Read, out _));
        Assert.Equal(FaultKind.None, rig.Walk(small, 0, AccessKind.Read, out _));
        // A table beyond what the part can address ends the walk on the way.
        TranslationContext tiny = rig.Context with { Table = rig.Context.Table! with { LastOutput = (1UL << 45) - 1 } };
        Assert.Equal(FaultKind.BeyondOutputWidth, rig.Walk(tiny, 0x20_0000, AccessKind.Read, out _));
    }

    [Theory]
    [InlineData(Permission.Read, AccessKind.Read, FaultKind.None)]
    [InlineData(Permission.Read, AccessKind.Write, FaultKind.NoWritePermission)]
    [InlineData(Permission.Write, AccessKind.Read, FaultKind.NoReadPermission)]
    [InlineData(Permission.None, AccessKind.TranslateToRead, FaultKind.NoReadPermission)]
    public void What_the_device_entry_forbids_no_page_allows(Permission allowed, AccessKind kind, FaultKind expected)
    {
        using TableRig<VtdSecondStageFormat> rig = new(TableShape.OfLevels<VtdSecondStageFormat>(3));
        rig.Map(0, 0, 0x1000);
        TranslationContext context = rig.Context with { Table = rig.Context.Table! with { Allowed = allowed } };
        Assert.Equal(expected, rig.Walk(context, 0, kind, out _));
        Assert.False(VtdSecondStageFormat.IsDirty(rig.LeafWord(0)));
    }
}
