using Workbench.Iommu;
using Workbench.Traces.Native;
using Xunit;

namespace Workbench.Replay.Tests.Recorded;

/// <summary>Every model on every recording: none loses a page, and all are given the same writes.</summary>
public class VendorTests
{
    public static TheoryData<string> Models => [.. IommuCatalogue.Models.Select(m => m.Name)];

    private static ReplayResult Replay(string name, Experiment experiment, PageLog? pages = null)
    {
        Assert.Equal([], experiment.Validate());
        using DmatReader reader = RecordedTraces.Open(name);
        return Replayer.Run(experiment, new DmatSource(reader), pages, cancellation: TestContext.Current.CancellationToken);
    }

    private static Dictionary<(DomainId, ulong), long> WrittenPages(string name, Experiment experiment, out ReplayResult result)
    {
        PageLog pages = new();
        result = Replay(name, experiment, pages);
        Assert.False(pages.IsCut);
        return pages.Written.ToDictionary(p => (p.Domain, p.FirstPage), p => p.Harvests);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void The_model_loses_no_page_of_any_recording_and_is_given_the_writes_that_VTd_is_given(string model)
    {
        foreach (string name in RecordedTraces.Names)
            foreach (View view in (View[])[View.Iova, View.Gpa])
            {
                Experiment experiment = new() { View = view, HarvestEvery = "10s", AtomicHarvest = true };
                HashSet<(DomainId, ulong)> expected = [.. WrittenPages(name, experiment, out _).Keys];
                HashSet<(DomainId, ulong)> written = [.. WrittenPages(name, experiment with { Iommu = model }, out ReplayResult result).Keys];
                Assert.True(expected.SetEquals(written), $"{name}, {view}: {written.Count} pages written, VT-d had {expected.Count}");
                Assert.True(result.Missed4K == 0, $"{name}, {view}: {result.Missed4K} pages missed");
                Assert.True(view == View.Iova || result.Counters.Faults == 0, $"{name}, {view}: {result.Counters.Faults} faults");
            }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void The_model_loses_no_page_at_any_leaf_size(string model)
    {
        IommuModel found = IommuCatalogue.Find(model)!;
        foreach ((int granule, ulong sizes) in found.LeafSizes)
            // No recorded guest has more than 4 GiB, so larger leaves than 8 GiB make no other table.
            for (int log2 = granule; log2 <= 33; log2++)
            {
                if ((sizes & (1UL << log2)) == 0) continue;
                Experiment experiment = new() { Iommu = model, Granule = PageSizes.Show(granule), PageSize = PageSizes.Show(log2), View = View.Gpa, HarvestEvery = "20s" };
                foreach (string name in RecordedTraces.Names)
                {
                    ReplayResult result = Replay(name, experiment);
                    Assert.True(result is { Missed4K: 0, Counters.Faults: 0, DistinctTrue4K: > 0 }, $"{name}, {experiment.Granule} granule, {experiment.PageSize} leaves: {result.Missed4K} missed, {result.Counters.Faults} faults");
                    // A leaf larger than the memory there is cannot be installed; the largest that fits is.
                    Assert.True(log2 > 30 || result.Leaves < (4L << 30 >> log2) + 64, $"{name}, {experiment.PageSize} leaves: {result.Leaves} leaves");
                }
            }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Without_the_invalidation_the_model_loses_pages(string model)
    {
        ReplayResult result = Replay("intel-nic-pair", new() { Iommu = model, View = View.Gpa, Flush = FlushStrategy.None });
        Assert.True(result.Missed4K > 0);
        Assert.All(result.MissedPages, m => Assert.Contains("did not invalidate", m.Cause, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void With_translations_in_the_devices_the_model_loses_nothing(string model)
    {
        foreach (View view in (View[])[View.Iova, View.Gpa])
        {
            ReplayResult result = Replay("intel-nic-pair", new() { Iommu = model, View = view, DeviceTlb = 64 });
            Assert.Equal(0, result.Missed4K);
            Assert.True(result.Counters is { DeviceTlbHits: > 100_000, DeviceTlbEntriesInvalidated: > 100 }, $"{result.Counters.DeviceTlbHits} hits, {result.Counters.DeviceTlbEntriesInvalidated} dropped");
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_way_of_invalidating_is_sound(string model)
    {
        foreach (string driver in Workbench.Iommu.Invalidation.DriverProfile.All.Select(p => p.Name))
        {
            ReplayResult result = Replay("intel-vfio-nested", new() { Iommu = model, Driver = driver });
            Assert.True(result.Missed4K == 0, driver);
            result = Replay("intel-nic-pair", new() { Iommu = model, View = View.Gpa, Driver = driver });
            Assert.True(result.Missed4K == 0, driver);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Updates_may_lag_behind_their_writes_on_Arm_only_and_are_waited_for(string model)
    {
        Experiment lagging = new() { Iommu = model, DirtyOrder = "may-lag" };
        if (model.StartsWith("smmu", StringComparison.Ordinal))
        {
            foreach (View view in (View[])[View.Iova, View.Gpa]) Assert.Equal(0, Replay("intel-nic-pair", lagging with { View = view }).Missed4K);
            return;
        }
        ModelLimitException refused = Assert.Throws<ModelLimitException>(() => Replay("intel-perf", lagging));
        Assert.Contains("DirtyMayLag", refused.Message, StringComparison.Ordinal);
    }
}
