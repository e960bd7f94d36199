using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.LeafChanges;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Tests.Models;
using Xunit;

namespace Workbench.Iommu.Tests.Contracts;

/// <summary>Leaves of every size split into every smaller one, and collapsed again: nothing but sizes, A and D may change, and nothing may leak.</summary>
public abstract partial class PageTableFormatContract<TFormat>
{
    // So many leaves of a split say enough: two levels at once among them.
    private const int MostOfASplitLog2 = 14;

    private IEnumerable<(int Level, int From, int To)> SizePairs =>
        from kind in KindsOfLeaf
        from to in KindsOfLeaf.Select(k => k.SizeLog2)
        where to < kind.SizeLog2 && kind.SizeLog2 - to <= MostOfASplitLog2
        select (kind.Level, kind.SizeLog2, to);

    /// <summary>Each size with the next smaller one.</summary>
    private IEnumerable<(int Level, int From, int To)> NeighbourPairs => SizePairs.GroupBy(pair => pair.From).Select(pairs => pairs.MaxBy(pair => pair.To));

    private InstalledLeaf Install(int level, int size, Permission permission = Permission.ReadWrite)
    {
        TableShape shape = Shapes.Where(s => s.RootLevel >= level && s.LastInput<TFormat>() >= Bits.Mask(size)).OrderBy(s => s.LastInput<TFormat>() < (2UL << size) - 1).ThenBy(s => s.InputBits).First();
        return new(shape, level, size, PhysicalBits > size + 1 ? 3UL << size : 0, permission);
    }

    private static void Change(TableRig<TFormat> rig, ILeafChange change, Action? betweenSteps = null)
    {
        LeafChangeCounts counts = default;
        InvalidationGather gather = new() { TablesFreed = true };
        gather.Add(change.FirstByte, change.LastByte);
        change.Build(ref counts);
        betweenSteps?.Invoke();
        change.Install(ref counts);
        betweenSteps?.Invoke();
        rig.Forget(gather);
        change.Settle(ref counts);
        betweenSteps?.Invoke();
        Assert.False(change.IsGivenUp);
    }

    private static ILeafChange? BeginSplit(TableRig<TFormat> rig, ulong iova, int to)
    {
        LeafChangeCounts counts = default;
        return rig.Table.BeginSplit(iova, to, LeafChangeProtocol.Sound, null, ref counts);
    }

    private static ILeafChange? BeginCollapse(TableRig<TFormat> rig, ulong iova, int to, out bool isRefused)
    {
        LeafChangeCounts counts = default;
        ILeafChange? change = rig.Table.BeginCollapse(iova, to, LeafChangeProtocol.Sound, null, ref counts);
        isRefused = counts.CollapsesRefused > 0;
        return change;
    }

    private static void Split(TableRig<TFormat> rig, NaiveMappings naive, ulong iova, int to)
    {
        // Above the top level's leaves the table has no such sizes, though the format does.
        to = rig.Table.LargestLeafUpTo(to);
        bool isSplit = naive.Split(iova, to, MostLeavesOfAStep) > 0;
        if (!isSplit && naive.Find(iova) is { } leaf && leaf.SizeLog2 > to) return;
        ILeafChange? change = BeginSplit(rig, iova, to);
        Assert.Equal(isSplit, change is not null);
        if (change is not null) Change(rig, change);
    }

    private static void Collapse(TableRig<TFormat> rig, NaiveMappings naive, ulong iova, int to)
    {
        to = rig.Table.LargestLeafUpTo(to);
        int frames = rig.Memory.FramesInUse;
        ILeafChange? change = BeginCollapse(rig, iova, to, out bool isRefused);
        bool? expected = naive.Collapse(iova, to, permission => permission == Permission.Write && !HasWriteOnlyLeaves ? Permission.ReadWrite : permission);
        Assert.Equal((expected == true, expected == false), (change is not null, isRefused));
        if (change is not null) Change(rig, change);
        else Assert.Equal(frames, rig.Memory.FramesInUse);
    }

    private static ulong[] Words(InstalledLeaf leaf) => [.. Enumerable.Range(0, leaf.Run).Select(member => leaf.Rig.LeafWord(leaf.Member(member)))];

    private static ulong[] WithoutMarks(IEnumerable<ulong> words) => [.. words.Select(word => TFormat.Clean(TFormat.MarkAccessed(word)))];

    /// <summary>Every new leaf at both ends: it leads where the old one led, and allows what that allowed.</summary>
    private static void AssertTranslates(InstalledLeaf leaf, int step, Permission permission, int? size)
    {
        for (ulong at = leaf.Iova; ; at += 1UL << step)
        {
            foreach (ulong iova in (ulong[])[at, at + Bits.Mask(step)])
            {
                FaultKind fault = leaf.Rig.Walk(iova, (permission & Permission.Read) != 0 ? AccessKind.Read : AccessKind.Write, out WalkResult found);
                if (fault != FaultKind.None || found.PhysicalOf(iova) != leaf.Physical + (iova - leaf.Iova) || (size is { } only && found.PageLog2 != only)) Assert.Fail($"0x{iova:x}: {fault}, {found}");
                AssertGrants(permission, found.Permission);
            }
            if (leaf.Last - at <= Bits.Mask(step)) return;
        }
    }

    [Fact]
    public void Split_and_collapsed_again_a_leaf_is_what_it_was() => Assert.All(SizePairs, pair =>
    {
        foreach (bool isDirty in (bool[])[false, true])
        {
            using InstalledLeaf leaf = Install(pair.Level, pair.From);
            if (isDirty) leaf.Rig.Write(leaf.Last);
            ulong[] before = Words(leaf);
            int frames = leaf.Rig.Memory.FramesInUse;

            ILeafChange? split = BeginSplit(leaf.Rig, leaf.Iova + (1UL << pair.To), pair.To);
            Assert.NotNull(split);
            Assert.Equal((leaf.Iova, leaf.Last, pair.From), (split.FirstByte, split.LastByte, split.SmallestOldLog2));
            Change(leaf.Rig, split, () => leaf.AssertTranslatesWhatever());
            long leaves = 1L << (pair.From - pair.To);
            Assert.Equal(leaves, leaf.Rig.Table.Leaves);
            Assert.Equal(isDirty ? leaves : 0, leaf.Rig.Scan(clear: false, out _).Count(found => found.SizeLog2 == pair.To));
            AssertTranslates(leaf, pair.To, Permission.ReadWrite, pair.To);
            Assert.Null(BeginSplit(leaf.Rig, leaf.Iova, pair.To));

            ILeafChange? collapse = BeginCollapse(leaf.Rig, leaf.Last, pair.From, out bool isRefused);
            Assert.False(isRefused);
            Assert.NotNull(collapse);
            Change(leaf.Rig, collapse, () => leaf.AssertTranslatesWhatever());
            Assert.Equal((1L, frames), (leaf.Rig.Table.Leaves, leaf.Rig.Memory.FramesInUse));
            Assert.Equal(WithoutMarks(before), WithoutMarks(Words(leaf)));
            Assert.Equal(isDirty ? [(leaf.Iova >> 12, pair.From)] : [], leaf.Rig.Scan(clear: true, out _));
            AssertTranslates(leaf, pair.To, Permission.ReadWrite, pair.From);
            Assert.Null(BeginCollapse(leaf.Rig, leaf.Iova, pair.From, out isRefused));
            Assert.False(isRefused);
            leaf.Rig.Table.Free();
            Assert.Equal(0, leaf.Rig.Memory.FramesInUse);
        }
    });

    [Fact]
    public void D_of_any_member_of_a_run_is_in_every_leaf_of_a_split() => Assert.All(NeighbourPairs, pair =>
    {
        for (int member = 0; ; member = (member * 2) + 1)
        {
            using InstalledLeaf leaf = Install(pair.Level, pair.From);
            if (member >= leaf.Run) return;
            ILeafChange split = BeginSplit(leaf.Rig, leaf.Iova, pair.To)!;
            LeafChangeCounts counts = default;
            split.Build(ref counts);
            // After it was read: the first entries are replaced before this one is looked at.
            leaf.Rig.Write(leaf.Member(member));
            split.Install(ref counts);
            Assert.Equal(1, counts.LateDirty);
            Assert.Equal(1 << (pair.From - pair.To), leaf.Rig.Scan(clear: true, out _).Count);
        }
    });

    [Fact]
    public void D_of_any_leaf_is_in_what_they_collapse_to_whenever_it_is_set() => Assert.All(NeighbourPairs, pair =>
    {
        foreach (int moment in (int[])[0, 1, 2])
            foreach (bool isLast in (bool[])[false, true])
            {
                using InstalledLeaf leaf = Install(pair.Level, pair.From);
                Change(leaf.Rig, BeginSplit(leaf.Rig, leaf.Iova, pair.To)!);
                ulong written = isLast ? leaf.Last : leaf.Iova;
                ref ulong old = ref leaf.Rig.LeafWord(written);
                if (moment == 0) old = TFormat.MarkDirty(old);
                ILeafChange collapse = BeginCollapse(leaf.Rig, leaf.Iova, pair.From, out _)!;
                LeafChangeCounts counts = default;
                if (moment == 1) old = TFormat.MarkDirty(old);
                collapse.Install(ref counts);
                // By a walk that is in the old table still; of a run in place the old entry is gone.
                if (moment == 2) old = TFormat.MarkDirty(old);
                collapse.Settle(ref counts);
                Assert.Equal(moment > 0 && (moment == 1 || collapse.ChangesLevel) ? 1 : 0, counts.LateDirty);
                Assert.Equal([(leaf.Iova >> 12, pair.From)], leaf.Rig.Scan(clear: true, out _));
            }
    });

    [Theory]
    [InlineData(Permission.Read)]
    [InlineData(Permission.Write)]
    [InlineData(Permission.ReadWrite)]
    public void Permission_stays(Permission permission) => Assert.All(NeighbourPairs, pair =>
    {
        using InstalledLeaf leaf = Install(pair.Level, pair.From, permission);
        ulong[] before = Words(leaf);
        Change(leaf.Rig, BeginSplit(leaf.Rig, leaf.Iova, pair.To)!);
        AssertTranslates(leaf, pair.To, permission, pair.To);
        if ((permission & Permission.Write) == 0) Assert.NotEqual(FaultKind.None, leaf.Rig.Write(leaf.Last));
        Change(leaf.Rig, BeginCollapse(leaf.Rig, leaf.Iova, pair.From, out _)!);
        Assert.Equal(WithoutMarks(before), WithoutMarks(Words(leaf)));
    });

    // Memory types and what software keeps for itself: any bit that says nothing else, at either size.
    [Fact]
    public void Bits_that_software_set_in_a_leaf_stay() => Assert.All(NeighbourPairs, pair =>
    {
        int newLevel = Levels.First(level => (TFormat.LeafSizes(level) >> pair.To & 1) != 0), tried = 0;
        for (int bit = 0; bit < 64; bit++)
        {
            ulong mark = 1UL << bit;
            if (!IsFree(mark, pair.Level, pair.From) || !IsFree(mark, newLevel, pair.To)) continue;
            tried++;
            using InstalledLeaf leaf = Install(pair.Level, pair.From);
            for (int member = 0; member < leaf.Run; member++) leaf.Rig.LeafWord(leaf.Member(member)) ^= mark;
            ulong[] before = Words(leaf);
            ulong set = before[0] & mark;
            Change(leaf.Rig, BeginSplit(leaf.Rig, leaf.Iova, pair.To)!);
            Assert.Equal((set, set), (leaf.Rig.LeafWord(leaf.Iova) & mark, leaf.Rig.LeafWord(leaf.Last) & mark));
            Change(leaf.Rig, BeginCollapse(leaf.Rig, leaf.Iova, pair.From, out _)!);
            Assert.Equal(WithoutMarks(before), WithoutMarks(Words(leaf)));
            if (leaf.Run > 32) return;
        }
        Assert.NotEqual(0, tried);
    });

    private bool IsFree(ulong bit, int level, int size)
    {
        ulong address = PhysicalBits > size ? 1UL << size : 0, plain = TFormat.EncodeLeaf(address, level, size, Permission.ReadWrite), marked = plain ^ bit;
        ulong addresses = Enumerable.Range(12, 40).Aggregate(0UL, (bits, at) => bits | (TFormat.EncodeLeaf(1UL << at, level, size, Permission.ReadWrite) ^ TFormat.EncodeLeaf(0, level, size, Permission.ReadWrite)));
        return (bit & addresses) == 0 && (bit & (AccessedBits | DirtyBits | TFormat.NonTranslatingBit(level))) == 0 && TFormat.IsPresent(marked, level) && TFormat.IsLeaf(marked, level) && !TFormat.HasReservedBits(marked, level)
            && TFormat.LeafSizeLog2(marked, level) == size && TFormat.LeafAddress(marked, level) == address && !TFormat.IsDirty(marked) && TFormat.IsDirty(TFormat.MarkDirty(marked))
            && TFormat.PermissionOf(marked, level, true) == Permission.ReadWrite;
    }

    [Fact]
    public void Leaves_that_are_not_one_stay_apart() => Assert.All(NeighbourPairs, pair =>
    {
        foreach (int defect in Enumerable.Range(0, 4))
        {
            using InstalledLeaf leaf = Install(pair.Level, pair.From);
            Change(leaf.Rig, BeginSplit(leaf.Rig, leaf.Iova, pair.To)!);
            ulong last = leaf.Last - Bits.Mask(pair.To), elsewhere = leaf.Physical == 0 ? 0 : leaf.Physical - (1UL << pair.From);
            leaf.Rig.Table.Unmap(last, 1UL << pair.To, null, new());
            ulong target = leaf.Physical + (last - leaf.Iova);
            if (defect == 1) leaf.Rig.Map(last, target, 1UL << pair.To, Permission.Read, pair.To);
            if (defect == 2) leaf.Rig.Map(last, elsewhere, 1UL << pair.To, Permission.ReadWrite, pair.To);
            if (defect == 3) leaf.Rig.Map(last, target, 1UL << pair.To, Permission.ReadWrite, pair.To);
            long leaves = leaf.Rig.Table.Leaves;
            int frames = leaf.Rig.Memory.FramesInUse;
            ILeafChange? collapse = BeginCollapse(leaf.Rig, leaf.Iova, pair.From, out bool isRefused);
            Assert.Equal((defect != 3, defect != 3), (collapse is null, isRefused));
            Assert.Equal((leaves, frames), (leaf.Rig.Table.Leaves, leaf.Rig.Memory.FramesInUse));
        }
    });

    [Fact]
    public void A_change_of_what_was_unmapped_meanwhile_is_given_up_and_leaks_nothing() => Assert.All(NeighbourPairs, pair =>
    {
        using InstalledLeaf leaf = Install(pair.Level, pair.From);
        int frames = leaf.Rig.Memory.FramesInUse;
        ILeafChange split = BeginSplit(leaf.Rig, leaf.Iova, pair.To)!;
        LeafChangeCounts counts = default;
        split.Build(ref counts);
        leaf.Rig.Table.Unmap(leaf.Iova, 1UL << pair.From, null, new());
        split.Install(ref counts);
        split.Settle(ref counts);
        Assert.Equal((true, 1L, 0L), (split.IsGivenUp, counts.GivenUp, leaf.Rig.Table.Leaves));
        Assert.Equal(counts.TablesAllocated, counts.TablesFreed);
        Assert.True(leaf.Rig.Memory.FramesInUse <= frames);

        leaf.Rig.Map(leaf.Iova, leaf.Physical, 1UL << pair.From, largest: pair.To);
        ILeafChange collapse = BeginCollapse(leaf.Rig, leaf.Iova, pair.From, out _)!;
        leaf.Rig.Table.Unmap(leaf.Iova, 1UL << pair.To, null, new());
        collapse.Install(ref counts);
        collapse.Settle(ref counts);
        Assert.Equal((true, 2L, (1L << (pair.From - pair.To)) - 1), (collapse.IsGivenUp, counts.GivenUp, leaf.Rig.Table.Leaves));
        leaf.Rig.Table.Free();
        Assert.Equal(0, leaf.Rig.Memory.FramesInUse);
    });

    [Fact]
    public void A_leaf_taken_out_faults_and_comes_back_with_its_D() => Assert.All(NeighbourPairs, pair =>
    {
        using InstalledLeaf leaf = Install(pair.Level, pair.From);
        LeafChangeCounts counts = default;
        ILeafChange split = BeginSplit(leaf.Rig, leaf.Iova, pair.To)!;
        split.Build(ref counts);
        leaf.Rig.Write(leaf.Last);
        split.Break(ref counts);
        Assert.Equal((FaultKind.NotPresent, FaultKind.NotPresent), (leaf.Rig.Read(leaf.Iova), leaf.Rig.Write(leaf.Last)));
        Assert.Equal(MapResult.AlreadyMapped, leaf.Rig.Map(leaf.Iova, 0, 1UL << pair.To));
        split.Install(ref counts);
        AssertTranslates(leaf, pair.To, Permission.ReadWrite, pair.To);
        Assert.Equal((1 << (pair.From - pair.To), 1L), (leaf.Rig.Scan(clear: true, out _).Count, counts.LateDirty));

        ILeafChange collapse = BeginCollapse(leaf.Rig, leaf.Iova, pair.From, out _)!;
        leaf.Rig.Write(leaf.Last);
        collapse.Break(ref counts);
        Assert.Equal(FaultKind.NotPresent, leaf.Rig.Read(leaf.Iova));
        collapse.Install(ref counts);
        collapse.Settle(ref counts);
        AssertTranslates(leaf, pair.From, Permission.ReadWrite, pair.From);
        Assert.Equal([(leaf.Iova >> 12, pair.From)], leaf.Rig.Scan(clear: true, out _));
        leaf.Rig.Table.Free();
        Assert.Equal(0, leaf.Rig.Memory.FramesInUse);
    });

    [Fact]
    public void A_leaf_unmapped_while_it_is_out_stays_unmapped() => Assert.All(NeighbourPairs, pair =>
    {
        foreach (bool isSplit in (bool[])[true, false])
        {
            using InstalledLeaf leaf = Install(pair.Level, pair.From);
            if (!isSplit) Change(leaf.Rig, BeginSplit(leaf.Rig, leaf.Iova, pair.To)!);
            leaf.Rig.Write(leaf.Iova);
            LeafChangeCounts counts = default;
            ILeafChange change = isSplit ? BeginSplit(leaf.Rig, leaf.Iova, pair.To)! : BeginCollapse(leaf.Rig, leaf.Iova, pair.From, out _)!;
            change.Build(ref counts);
            change.Break(ref counts);
            ReportedLeaves reported = new();
            Assert.Equal(1UL << pair.From, leaf.Rig.Table.Unmap(leaf.Iova, 1UL << pair.From, reported, new()));
            Assert.Equal([(leaf.Iova >> 12, pair.From)], reported.All);
            change.Install(ref counts);
            change.Settle(ref counts);
            Assert.Equal((true, 0L), (change.IsGivenUp, leaf.Rig.Table.Leaves));
            Assert.NotEqual(FaultKind.None, leaf.Rig.Read(leaf.Iova));
            leaf.Rig.Table.Free();
            Assert.Equal(0, leaf.Rig.Memory.FramesInUse);
        }
    });
}
