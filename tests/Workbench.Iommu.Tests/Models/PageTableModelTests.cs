using CsCheck;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Models;

/// <summary>A page table in memory, walked by hardware, is the same as a list of leaves.</summary>
public sealed class PageTableModelTests
{
    private const ulong MiB = 1UL << 20, GiB = 1UL << 30;

    public enum Verb { Map, Unmap, Write, Read, Scan, ScanInSlices }

    public readonly record struct Step(Verb Verb, ulong Iova, ulong Physical, ulong Length, Permission Permission, int LargestLeafLog2, bool Clear, int Slice);

    // Near 0, around a 2 MiB and a 1 GiB border, and at the top of the space; small so that steps meet.
    private static Gen<ulong> Page(int bits) => Gen.Select(
        Gen.OneOf(0UL, 2 * MiB, GiB, 2 * GiB, (1UL << (bits - 1)) - (2 * MiB), (1UL << bits) - (4 * MiB)), Gen.OneOf(Gen.ULong[0, 3], Gen.ULong[500, 515], Gen.Const(512UL), Gen.ULong[0, 1023]),
        (region, page) => region + (page << 12));
    private static readonly Gen<ulong> Length = Gen.OneOf(
        Gen.ULong[1, 4].Select(n => n << 12), Gen.ULong[1, 4].Select(n => n * 2 * MiB), Gen.ULong[1, 1200].Select(n => n << 12), Gen.ULong[GiB >> 12, (GiB >> 12) + 600].Select(n => n << 12));
    private static readonly Gen<ulong> Physical = Gen.OneOf(Gen.ULong[0, 1 << 20].Select(n => n << 12), Gen.ULong[0, 99].Select(n => n << 21), Gen.ULong[0, 3].Select(n => n << 30));

    private static Gen<Step> AnyStep(int bits) =>
        from verb in Gen.OneOf(Verb.Map, Verb.Map, Verb.Unmap, Verb.Write, Verb.Write, Verb.Write, Verb.Read, Verb.Scan, Verb.ScanInSlices)
        from iova in Page(bits)
        from physical in Gen.OneOf(Physical, Gen.Const(ulong.MaxValue))
        from length in Length
        from permission in Gen.OneOf(Permission.ReadWrite, Permission.ReadWrite, Permission.Read, Permission.Write)
        from largest in Gen.OneOf(12, 21, 30, 30)
        from clear in Gen.Bool
        from slice in Gen.OneOf(Gen.Int[1, 30], Gen.Int[100, 2000])
        let huge = length >= GiB // in small leaves these would be too many for a list
        select new Step(verb, iova, huge || physical == ulong.MaxValue ? iova & Bits.Mask(51) : physical, Math.Min(length, (1UL << bits) - iova), permission, huge ? 30 : largest, clear, slice);

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void It_is_the_same_as_a_list_of_leaves(int levels) => AnyStep(12 + (9 * levels)).Array[1, 40].Sample(steps => Run(levels, steps), iter: 60);

    private static void Run(int levels, Step[] steps)
    {
        using PhysicalMemory memory = new(256UL << 20);
        int before = memory.FramesInUse;
        PageTable<VtdSecondStageFormat> table = new(memory, levels);
        NaiveMappings naive = new(12 + (9 * levels));
        PageTableWalker<VtdSecondStageFormat> walker = new(memory, hasWalkCaches: false);
        TranslationContext context = Stages.Tracked(walker, table);
        IommuCounters counters = default;
        foreach (Step step in steps)
        {
            switch (step.Verb)
            {
                case Verb.Map:
                    MapResult result = table.Map(step.Iova, step.Physical, step.Length, step.Permission, step.LargestLeafLog2, new());
                    Assert.Equal(naive.Map(step.Iova, step.Physical, step.Length, step.Permission, step.LargestLeafLog2) ? MapResult.Mapped : MapResult.AlreadyMapped, result);
                    break;
                case Verb.Unmap:
                    Unmap(table, naive, step);
                    break;
                case Verb.Write or Verb.Read:
                    Access(walker, context, naive, step.Iova + 0x123, step.Verb == Verb.Write, ref counters);
                    break;
                case Verb.Scan:
                    ReportedLeaves found = new();
                    ScanBudget unlimited = new() { RemainingNs = long.MaxValue, ScanNs = 1 };
                    InvalidationGather gather = new();
                    Assert.Null(table.ScanDirty(step.Iova, step.Clear, ref unlimited, found, gather));
                    if (step.Clear) AssertCovered(gather, found.All);
                    else Assert.True(gather.IsEmpty);
                    Assert.Equal(naive.Scan(step.Iova, step.Clear), found.All);
                    break;
                default:
                    Assert.Equal(naive.Scan(0, step.Clear), ScanInSlices(table, step.Slice, step.Clear));
                    break;
            }
            Assert.Equal(naive.InOrder.Count, table.Leaves);
        }
        foreach (NaiveLeaf leaf in naive.InOrder)
        {
            foreach (ulong iova in new[] { leaf.Start, leaf.Last, leaf.Start + ((1UL << leaf.SizeLog2) / 2) })
            {
                Assert.True(table.TryGetLeaf(iova, out ulong entry, out int log2));
                Assert.Equal(leaf.SizeLog2, log2);
                Assert.Equal(leaf.Dirty, VtdSecondStageFormat.IsDirty(entry));
                Assert.Equal(leaf.Accessed, VtdSecondStageFormat.IsAccessed(entry));
                Access(walker, context, naive, iova, isWrite: false, ref counters);
            }
            if (leaf.Start > 0 && naive.Find(leaf.Start - 1) is null) Assert.False(table.TryGetLeaf(leaf.Start - 1, out _, out _));
            if (naive.Find(leaf.Last + 1) is null) Assert.False(table.TryGetLeaf(leaf.Last + 1, out _, out _));
        }
        table.Free();
        Assert.Equal(before, memory.FramesInUse);
        Assert.Equal(0, table.Leaves);
    }

    private static void Unmap(PageTable<VtdSecondStageFormat> table, NaiveMappings naive, Step step)
    {
        ReportedLeaves reported = new();
        InvalidationGather gather = new();
        ulong removed = table.Unmap(step.Iova, step.Length, reported, gather);
        IReadOnlyList<NaiveLeaf> gone = naive.Unmap(step.Iova, step.Length);
        Assert.Equal(gone.Aggregate(0UL, (sum, leaf) => sum + (1UL << leaf.SizeLog2)), removed);
        Assert.Equal(gone.Where(leaf => leaf.Dirty).Select(leaf => (leaf.Start >> 12, leaf.SizeLog2)), reported.All);
        AssertCovered(gather, [.. gone.Select(leaf => (leaf.Start >> 12, leaf.SizeLog2))]);
        if (gone.Count > 0) return;
        Assert.True(gather.IsEmpty || gather.TablesFreed);
    }

    private static void AssertCovered(InvalidationGather gather, IReadOnlyList<(ulong FirstPage, int SizeLog2)> leaves)
    {
        foreach ((ulong page, int log2) in leaves)
        {
            Assert.True(gather.FirstByte <= page << 12);
            Assert.True(gather.LastByte >= (page << 12) + ((1UL << log2) - 1));
        }
    }

    private static List<(ulong FirstPage, int SizeLog2)> ScanInSlices(PageTable<VtdSecondStageFormat> table, int slice, bool clear)
    {
        ReportedLeaves found = new();
        ScanBudget budget = new() { ScanNs = 1 };
        ulong? next = 0;
        for (int slices = 0; next is { } from; slices++)
        {
            Assert.True(slices < 200_000, $"A scan in slices of {slice} entries does not come past 0x{from:x}.");
            long before = budget.EntriesScanned;
            budget.RemainingNs = slice;
            next = table.ScanDirty(from, clear, ref budget, found, new());
            Assert.True(next is null ? budget.EntriesScanned - before <= slice : budget.EntriesScanned - before == slice, $"A slice of {slice} entries from 0x{from:x} on looked at {budget.EntriesScanned - before}.");
        }
        return found.All;
    }

    private static void Access(PageTableWalker<VtdSecondStageFormat> walker, TranslationContext context, NaiveMappings naive, ulong iova, bool isWrite, ref IommuCounters counters)
    {
        FaultKind fault = walker.Walk(context, iova, isWrite ? AccessKind.Write : AccessKind.Read, ref counters, out WalkResult found);
        NaiveLeaf? leaf = naive.Find(iova);
        if (leaf is null || (leaf.Permission & (isWrite ? Permission.Write : Permission.Read)) == 0)
        {
            Assert.Equal(leaf is null ? FaultKind.NotPresent : isWrite ? FaultKind.NoWritePermission : FaultKind.NoReadPermission, fault);
            return;
        }
        leaf.Accessed = true;
        leaf.Dirty |= isWrite;
        Assert.Equal(FaultKind.None, fault);
        Assert.Equal((leaf.SizeLog2, leaf.Physical, leaf.Permission, leaf.Dirty), (found.PageLog2, found.Base, found.Permission, found.DirtyIsKnown));
    }
}
