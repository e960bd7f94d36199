using CsCheck;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Tests.Models;
using Xunit;

namespace Workbench.Iommu.Tests.Contracts;

/// <summary>A page table in memory, walked by hardware, is the same as a list of leaves, whatever is mapped, unmapped, written, scanned, split and collapsed in any order.</summary>
public abstract partial class PageTableFormatContract<TFormat>
{
    public enum Verb { Map, Unmap, Write, Read, Scan, ScanInSlices, Split, Collapse }

    public readonly record struct Step(Verb Verb, ulong Iova, ulong Physical, ulong Length, Permission Permission, int LargestLeafLog2, bool Clear, int Slice);

    // Above so many leaves a list is too slow.
    private const int MostLeavesOfAStep = 1500;

    private static int LargestRun => Levels.Max(level => TFormat.LeafSizes(level) == 0 ? 1 : 1 << (63 - (int)ulong.LeadingZeroCount(TFormat.LeafSizes(level)) - TFormat.Shift(level)));

    /// <summary>Steps in a space up to <paramref name="last"/>: near 0, around the borders of the leaves' sizes and at the end, so that they meet.</summary>
    private Gen<Step> AnyStep(ulong last)
    {
        int[] sizes = [.. KindsOfLeaf.Select(kind => kind.SizeLog2).Where(size => Bits.Mask(size) <= last / 4)];
        ulong top = last - (Granule - 1);
        Gen<ulong> place = Gen.OneOf(Gen.Const(0UL), Gen.OneOf(sizes).Select(size => 1UL << size), Gen.OneOf(sizes).Select(size => last - Bits.Mask(size)), Gen.Const((last >> 1) + 1));
        Gen<ulong> iova = Gen.Select(place, Gen.OneOf(Gen.ULong[0, 3], Gen.ULong[0, 40], Gen.OneOf(sizes).Select(size => (1UL << size) / Granule)), Gen.Bool, (at, granules, before) =>
            before && at >= granules * Granule ? at - (granules * Granule) : Math.Min(top, at + Math.Min(granules * Granule, top - at)));
        Gen<ulong> length = Gen.OneOf(Gen.ULong[1, 4].Select(n => n * Granule), Gen.Select(Gen.OneOf(sizes), Gen.ULong[1, 3], Gen.ULong[0, 20], (size, n, rest) => (n << size) + (rest * Granule)), Gen.ULong[1, 1200].Select(n => n * Granule));
        Gen<ulong> physical = Gen.Select(Gen.OneOf(sizes), Gen.ULong[0, 5], (size, n) => (n << size) & Bits.Mask(PhysicalBits - 1));
        return
            from verb in Gen.OneOf(Verb.Map, Verb.Map, Verb.Unmap, Verb.Write, Verb.Write, Verb.Write, Verb.Read, Verb.Scan, Verb.ScanInSlices, Verb.Split, Verb.Split, Verb.Collapse, Verb.Collapse)
            from at in iova
            from target in Gen.OneOf(physical, Gen.Const(at & Bits.Mask(PhysicalBits - 1)))
            from bytes in length
            from permission in Gen.OneOf(Permission.ReadWrite, Permission.ReadWrite, Permission.Read, Permission.Write)
            from largest in Gen.OneOf(Gen.OneOf(sizes), Gen.Const(63))
            from clear in Gen.Bool
            from slice in Gen.OneOf(Gen.Int[1, 30], Gen.Int[100, 2000])
            let fitting = Math.Min(bytes, Math.Min(last - at, Bits.Mask(PhysicalBits - 1)) + 1 & ~(Granule - 1))
            let huge = fitting >> TFormat.Shift(0) > MostLeavesOfAStep
            select new Step(verb, at, huge ? at & Bits.Mask(PhysicalBits - 1) : target, fitting, permission, huge ? 63 : largest, clear, slice << (TFormat.IndexBits - 9));
    }

    [Fact]
    public void It_is_the_same_as_a_list_of_leaves() => Assert.All(ShapesForRandomRuns, shape => AnyStep(shape.LastInput<TFormat>()).Array[1, 40].Sample(steps => Run(shape, steps), iter: 60));

    private static void Run(TableShape shape, Step[] steps)
    {
        // Half of the runs with paging-structure caches: what maps and unmaps gather must be enough to keep them right.
        using TableRig<TFormat> rig = new(shape, hasWalkCaches: steps.Length % 2 == 0);
        NaiveMappings naive = new(shape.LastInput<TFormat>(), Levels.Aggregate(0UL, (sizes, level) => sizes | TFormat.LeafSizes(level)));
        foreach (Step step in steps)
        {
            switch (step.Verb)
            {
                case Verb.Map:
                    InvalidationGather mapped = new();
                    int frames = rig.Memory.FramesInUse;
                    MapResult result = rig.Table.Map(step.Iova, step.Physical, step.Length, step.Permission, step.LargestLeafLog2, mapped);
                    Assert.Equal(naive.Map(step.Iova, step.Physical, step.Length, step.Permission, step.LargestLeafLog2) ? MapResult.Mapped : MapResult.AlreadyMapped, result);
                    if (result == MapResult.AlreadyMapped) Assert.Equal((frames, true), (rig.Memory.FramesInUse, mapped.IsEmpty));
                    rig.Forget(mapped);
                    // Whatever a map makes hardware forget are tables that leaves took the place of.
                    Assert.Equal(mapped.TablesFreed, !mapped.IsEmpty);
                    break;
                case Verb.Unmap:
                    Unmap(rig, naive, step);
                    break;
                case Verb.Write or Verb.Read:
                    Access(rig, naive, step.Iova + 0x123, step.Verb == Verb.Write);
                    break;
                case Verb.Scan:
                    ReportedLeaves found = new();
                    ScanBudget unlimited = new() { RemainingNs = long.MaxValue, ScanNs = 1 };
                    InvalidationGather gather = new();
                    Assert.Null(rig.Table.ScanDirty(step.Iova, ulong.MaxValue, step.Clear, ref unlimited, found, gather));
                    if (step.Clear) AssertCovered(gather, found.All);
                    else Assert.True(gather.IsEmpty);
                    Assert.Equal(naive.Scan(step.Iova, step.Clear), found.All);
                    break;
                case Verb.Split:
                    Split(rig, naive, step.Iova, step.LargestLeafLog2);
                    break;
                case Verb.Collapse:
                    Collapse(rig, naive, step.Iova, step.LargestLeafLog2);
                    break;
                default:
                    Assert.Equal(naive.Scan(0, step.Clear), ScanInSlices(rig.Table, step.Slice, step.Clear));
                    break;
            }
            Assert.Equal(naive.InOrder.Count, rig.Table.Leaves);
        }
        foreach (NaiveLeaf leaf in naive.InOrder) AssertSame(rig, naive, leaf);
        rig.Table.Free();
        Assert.Equal((0, 0L), (rig.Memory.FramesInUse, rig.Table.Leaves));
    }

    private static void AssertSame(TableRig<TFormat> rig, NaiveMappings naive, NaiveLeaf leaf)
    {
        int level = Levels.Single(l => (TFormat.LeafSizes(l) >> leaf.SizeLog2 & 1) != 0), run = 1 << (leaf.SizeLog2 - TFormat.Shift(level));
        ulong[] members = [.. Enumerable.Range(0, run).Select(member => rig.LeafWord(leaf.Start + ((ulong)member << TFormat.Shift(level))))];
        Assert.Equal((leaf.Accessed, leaf.Dirty), (members.Any(TFormat.IsAccessed), members.Any(TFormat.IsDirty)));
        foreach (ulong iova in new[] { leaf.Start, leaf.Last, leaf.Start + (Bits.Mask(leaf.SizeLog2) / 2) })
        {
            Assert.True(rig.Table.TryGetLeaf(iova, out _, out int log2));
            Assert.Equal(leaf.SizeLog2, log2);
            Access(rig, naive, iova, isWrite: false);
        }
        if (leaf.Start > 0 && naive.Find(leaf.Start - 1) is null) Assert.False(rig.Table.TryGetLeaf(leaf.Start - 1, out _, out _));
        if (leaf.Last < ulong.MaxValue && naive.Find(leaf.Last + 1) is null) Assert.False(rig.Table.TryGetLeaf(leaf.Last + 1, out _, out _));
    }

    private static void Unmap(TableRig<TFormat> rig, NaiveMappings naive, Step step)
    {
        ReportedLeaves reported = new();
        InvalidationGather gather = new();
        ulong removed = rig.Table.Unmap(step.Iova, step.Length, reported, gather);
        rig.Forget(gather);
        IReadOnlyList<NaiveLeaf> gone = naive.Unmap(step.Iova, step.Length);
        Assert.Equal(gone.Aggregate(0UL, (sum, leaf) => sum + (1UL << leaf.SizeLog2)), removed);
        Assert.Equal(gone.Where(leaf => leaf.Dirty).Select(leaf => (leaf.Start >> 12, leaf.SizeLog2)), reported.All);
        AssertCovered(gather, [.. gone.Select(leaf => (leaf.Start >> 12, leaf.SizeLog2))]);
        Assert.Equal(gone.Count == 0 ? 0 : gone.Min(leaf => leaf.SizeLog2), gather.SmallestLeafLog2);
        if (gone.Count == 0) Assert.True(gather.IsEmpty || gather.TablesFreed);
    }

    private static void AssertCovered(InvalidationGather gather, IReadOnlyList<(ulong FirstPage, int SizeLog2)> leaves)
    {
        foreach ((ulong page, int log2) in leaves)
        {
            Assert.True(gather.FirstByte <= page << 12);
            Assert.True(gather.LastByte >= (page << 12) + Bits.Mask(log2));
        }
    }

    private static List<(ulong FirstPage, int SizeLog2)> ScanInSlices(PageTable<TFormat> table, int slice, bool clear)
    {
        ReportedLeaves found = new();
        ScanBudget budget = new() { ScanNs = 1 };
        ulong? next = 0;
        for (int slices = 0; next is { } from; slices++)
        {
            Assert.True(slices < 200_000, $"A scan in slices of {slice} entries does not come past 0x{from:x}.");
            long before = budget.EntriesScanned;
            budget.RemainingNs = slice;
            next = table.ScanDirty(from, ulong.MaxValue, clear, ref budget, found, new());
            // A run is looked at as a whole: the last one may go beyond the slice.
            long looked = budget.EntriesScanned - before;
            Assert.True(looked < slice + LargestRun && (next is null || looked >= slice), $"A slice of {slice} entries from 0x{from:x} on looked at {looked}.");
        }
        return found.All;
    }

    private static void Access(TableRig<TFormat> rig, NaiveMappings naive, ulong iova, bool isWrite)
    {
        FaultKind fault = rig.Walk(iova, isWrite ? AccessKind.Write : AccessKind.Read, out WalkResult found);
        if (naive.Find(iova) is not { } leaf)
        {
            Assert.Equal(FaultKind.NotPresent, fault);
            return;
        }
        Permission granted = leaf.Permission == Permission.Write && !HasWriteOnlyLeaves ? Permission.ReadWrite : leaf.Permission;
        if ((granted & (isWrite ? Permission.Write : Permission.Read)) == 0)
        {
            Assert.Equal(isWrite ? FaultKind.NoWritePermission : FaultKind.NoReadPermission, fault);
            return;
        }
        leaf.Accessed = true;
        leaf.Dirty |= isWrite;
        Assert.Equal(FaultKind.None, fault);
        Assert.Equal((leaf.SizeLog2, leaf.Physical, granted), (found.PageLog2, found.Base, found.Permission));
        ulong word = rig.LeafWord(iova);
        Assert.True(TFormat.IsAccessed(word) && (TFormat.IsDirty(word) || !isWrite));
        // What may be cached as dirty is what memory says of this member, not of its neighbours.
        if ((granted & Permission.Write) != 0) Assert.Equal(TFormat.IsDirty(word), found.DirtyIsKnown);
    }

    private static bool HasWriteOnlyLeaves => TFormat.PermissionOf(TFormat.EncodeLeaf(0, 0, TFormat.Shift(0), Permission.Write), 0, true) == Permission.Write;
}
