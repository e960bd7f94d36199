using Workbench.Iommu.LeafChanges;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.RiscV;
using Workbench.Iommu.Smmu;
using Workbench.Iommu.Tests.Models;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.LeafChanges;

/// <summary>
/// A hardware thread writes once in each round, at some moment while another thread splits and collapses the leaf again and again; after the round a scan must report it.
/// An invalidation waits for the walk under way, as hardware completes one: tables that a walk may be in are not freed.
/// </summary>
public sealed class ConcurrentLeafChangeTests
{
    private const int Rounds = 10_000;

    [Fact]
    public void No_D_is_lost_when_blocks_become_tables_and_back() => Run<VtdSecondStageFormat>(3, large: 21, small: 12);

    [Fact]
    public void No_D_is_lost_when_runs_become_pages_and_back() => Run<RiscVSecondStageFormat>(2, large: 16, small: 12);

    [Fact]
    public void No_D_is_lost_when_it_is_coded_as_permission() => Run<ArmStage1Format<Granule4K>>(3, large: 25, small: 21);

    // On a machine with one core for both threads, the moments that matter would hardly ever be met.
    private static void Pause(int round, int moment)
    {
        if (((round >> moment) & 1) != 0) Thread.Yield();
    }

    private static void Run<TFormat>(int levels, int large, int small)
        where TFormat : struct, IDirtyTrackingFormat
    {
        using TableRig<TFormat> rig = new(TableShape.OfLevels<TFormat>(levels));
        rig.Table.HasRacingThreads = true;
        Assert.Equal(MapResult.Mapped, rig.Map(0, 1UL << 30, 1UL << large));
        int begun = 0, ended = 0, walking = 0, faults = 0;
        Thread hardware = new(() =>
        {
            ulong random = 1;
            for (int round = 1; round <= Rounds; round++)
            {
                SpinWait wait = default;
                while (Volatile.Read(ref begun) < round) wait.SpinOnce(sleep1Threshold: -1);
                random = unchecked((random * 6364136223846793005) + 1442695040888963407);
                Thread.SpinWait((int)(random >> 59));
                Interlocked.Exchange(ref walking, 1);
                if (rig.Write((random >> 20) & Bits.Mask(large)) != 0) faults++;
                Volatile.Write(ref walking, 0);
                Volatile.Write(ref ended, round);
            }
        });
        hardware.Start();
        LeafChangeCounts counts = default;
        List<int> lost = [];
        for (int round = 1; round <= Rounds; round++)
        {
            Volatile.Write(ref begun, round);
            do
            {
                ILeafChange split = rig.Table.BeginSplit(0, small, LeafChangeProtocol.Sound, null, ref counts)!;
                split.Build(ref counts);
                Pause(round, 0);
                split.Install(ref counts);
                split.Settle(ref counts);
                ILeafChange collapse = rig.Table.BeginCollapse(0, large, LeafChangeProtocol.Sound, null, ref counts)!;
                Pause(round, 1);
                collapse.Install(ref counts);
                SpinWait wait = default;
                while (Volatile.Read(ref walking) != 0) wait.SpinOnce(sleep1Threshold: -1);
                collapse.Settle(ref counts);
            }
            while (Volatile.Read(ref ended) < round);
            if (rig.Scan(clear: true, out _).Count != 1) lost.Add(round);
        }
        hardware.Join();
        Assert.Empty(lost);
        Assert.Equal((0, counts.LeavesSplit, 0L), (faults, counts.LeavesCollapsed, counts.GivenUp));
        Assert.True(counts.LeavesSplit >= Rounds);
        Assert.Equal(counts.TablesAllocated, counts.TablesFreed);
        rig.Table.Free();
        Assert.Equal(0, rig.Memory.FramesInUse);
    }
}
