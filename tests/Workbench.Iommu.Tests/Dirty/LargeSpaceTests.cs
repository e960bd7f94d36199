using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Tests.Models;
using Workbench.Iommu.Vtd;
using Workbench.Testing;
using Xunit;

namespace Workbench.Iommu.Tests.Dirty;

/// <summary>A full address space of 1 TiB, with leaves of 1 GiB (900 GiB), 2 MiB (120 GiB) and 4 KiB (4 GiB), is harvested in bounded memory.</summary>
public sealed class LargeSpaceTests
{
    private const ulong KiB4 = 1UL << 12, MiB2 = 1UL << 21, GiB = 1UL << 30;
    private const ulong Medium = 900 * GiB, Small = 1020 * GiB, End = 1024 * GiB;
    // The root, a table for each 512 GiB, one for each GiB that has no leaf of its own, one for each 2 MiB of small pages.
    private const int Tables = 1 + 2 + 124 + 2048;

    private sealed class Bitmap : IDirtySink
    {
        public PageSet Pages { get; } = new();

        public void Report(ulong firstPage, int leafLog2) => Pages.AddRange(firstPage, 1UL << (leafLog2 - 12));
    }

    [Fact]
    public void A_harvest_takes_a_bit_for_each_page_and_nothing_else_that_grows_with_pages()
    {
        using TableRig<VtdSecondStageFormat> rig = new(TableShape.OfLevels<VtdSecondStageFormat>(4));
        Assert.Equal(MapResult.Mapped, rig.Map(0, 0, Medium, largest: 30));
        Assert.Equal(MapResult.Mapped, rig.Map(Medium, Medium, Small - Medium, largest: 21));
        Assert.Equal(MapResult.Mapped, rig.Map(Small, Small, End - Small, largest: 12));
        Assert.Equal(900 + (120 * 512) + (4 * 512 * 512), rig.Table.Leaves);
        Assert.Equal(Tables, rig.Memory.FramesInUse);

        Bitmap found = new();
        long least = long.MaxValue;
        for (int harvest = 0; harvest < 4; harvest++)
        {
            (long leaves, long pages) = WriteAllOver(rig);
            found.Pages.Clear();
            InvalidationGather gather = new();
            ScanBudget budget = new() { RemainingNs = long.MaxValue, ScanNs = 1 };
            AllocationMeter meter = AllocationMeter.Start();
            ulong? next = rig.Table.ScanDirty(0, ulong.MaxValue, clear: true, ref budget, found, gather);
            long allocated = meter.Bytes;
            Assert.Null(next);
            Assert.Equal((leaves, pages, Tables * 512L), (budget.EntriesCleared, found.Pages.Count, budget.EntriesScanned));
            // 2^28 pages are 32 MiB of bits, made once; 2 MiB more are for finding the bitmaps and for .NET's headers of them.
            Assert.InRange(allocated, 0, harvest == 0 ? 34L << 20 : 64L << 10);
            least = Math.Min(least, allocated);
            Assert.Equal(Tables, rig.Memory.FramesInUse);
        }
        // Later harvests make nothing; what the runtime makes for itself, when it compiles a method anew, it does not make each time.
        Assert.Equal(0, least);
    }

    /// <summary>Writes to every leaf of 1 GiB, to every third of 2 MiB and to every seventh of 4 KiB; says how many leaves and pages that makes dirty.</summary>
    private static (long Leaves, long Pages) WriteAllOver(TableRig<VtdSecondStageFormat> rig)
    {
        long leaves = 0, pages = 0;
        foreach ((ulong first, ulong last, ulong step, ulong size) in new[] { (0UL, Medium, GiB, GiB), (Medium, Small, 3 * MiB2, MiB2), (Small, End, 7 * KiB4, KiB4) })
            for (ulong iova = first; iova < last; iova += step)
            {
                Assert.True(rig.Write(iova + (size / 2)) == Faults.FaultKind.None);
                leaves++;
                pages += (long)(size >> 12);
            }
        return (leaves, pages);
    }
}
