using Workbench.Iommu;
using Workbench.Traces;
using Workbench.Traces.Native;
using Xunit;

namespace Workbench.Replay.Tests.Recorded;

/// <summary>The recorder's IOMMU as independent oracle, and that the comparison can fail.</summary>
public class RecordingValidatorTests
{
    private static RecordingValidation Validate(DmatReader reader) => RecordingValidator.Run(reader, cancellation: TestContext.Current.CancellationToken);

    [Theory]
    [InlineData("intel-nvme-randrw", 119_392)]
    [InlineData("intel-mkfs-copy", 81_100)]
    [InlineData("intel-vfio-nested", 13_724)]
    [InlineData("intel-tracecmd", 15_707)]
    [InlineData("intel-nvme-seqwrite", 89_221)]
    [InlineData("intel-nic-pair", 315_898)]
    [InlineData("intel-e1000e-slirp", 170_167)]
    [InlineData("intel-perf", 14_397)]
    [InlineData("sid-nvme-randrw", 73_724)]
    [InlineData("amd-nvme-randrw", 122_835)]
    [InlineData("smmuv3-nvme-randrw", 60_291)]
    public void Every_recorded_translation_is_predicted(string name, long translations)
    {
        using DmatReader reader = RecordedTraces.Open(name);
        RecordingValidation result = Validate(reader);
        Assert.Equal([], result.Differences);
        Assert.Equal((translations, translations, translations), (result.Translations, result.HitOrFillAgrees, result.LeafAgrees));
        Assert.InRange(result.RecordedHits, 1, translations - 1);
    }

    [Fact]
    public void One_hit_taken_for_a_fill_is_found_at_its_line()
    {
        EditedTrace trace = EditedTrace.Of("intel-vfio-nested");
        int at = trace.Find(EventKind.Translate, 5000, e => (e.Flags & EventFlags.Hit) != 0);
        trace.Replace(at, e => e with { Flags = e.Flags & ~EventFlags.Hit });
        RecordingValidation result = Validate(trace.Open());
        RecordingDifference difference = Assert.Single(result.Differences);
        Assert.Equal((at, trace.LineOf(at), trace[at].TimeNs), (difference.Event, difference.SourceLine, difference.TimeNs));
        Assert.StartsWith("recorded fill, the model had a hit", difference.Text, StringComparison.Ordinal);
        Assert.Equal((result.Translations - 1, result.Translations), (result.HitOrFillAgrees, result.LeafAgrees));
    }

    [Fact]
    public void One_translation_of_another_permission_is_found_at_its_line()
    {
        EditedTrace trace = EditedTrace.Of("intel-vfio-nested");
        int at = trace.Find(EventKind.Translate, 5000, e => e.Permission == Permission.ReadWrite);
        trace.Replace(at, e => e with { Flags = e.Flags & ~EventFlags.MayWrite });
        RecordingDifference difference = Assert.Single(Validate(trace.Open()).Differences);
        Assert.Equal((at, trace.LineOf(at)), (difference.Event, difference.SourceLine));
        Assert.StartsWith("recorded leaf entry", difference.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void One_mapping_of_another_permission_is_found_at_its_first_translation()
    {
        EditedTrace trace = EditedTrace.Of("intel-tracecmd");
        int map = -1, at = -1;
        for (int from = 2000; at < 0; from = map + 1)
        {
            map = trace.Find(EventKind.Map, from, e => e.Permission == Permission.ReadWrite && e.Length == 4096);
            at = trace.FirstUseOf(map);
        }
        trace.Replace(map, e => e with { Flags = e.Flags & ~EventFlags.MayWrite });
        RecordingDifference first = Validate(trace.Open()).Differences[0];
        Assert.Equal((at, trace.LineOf(at)), (first.Event, first.SourceLine));
    }

    [Fact]
    public void Missing_invalidations_of_a_page_are_found_where_the_recorder_filled_again()
    {
        EditedTrace trace = EditedTrace.Of("intel-tracecmd");
        (int[] invalidations, int fill) = trace.FindRefill(from: 5000);
        long line = trace.LineOf(fill);
        Assert.True(line > 0);
        foreach (int at in invalidations.Reverse()) trace.Remove(at);
        RecordingDifference first = Validate(trace.Open()).Differences[0];
        Assert.Equal((fill - invalidations.Length, line), (first.Event, first.SourceLine));
        Assert.StartsWith("recorded fill, the model had a hit", first.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_iotlb_of_another_size_does_not_agree()
    {
        // The other recorder's size, 256 entries instead of 1024, by calling the trace its.
        EditedTrace trace = EditedTrace.Of("intel-nvme-randrw");
        RecordingValidation result = Validate(trace.Open(p => p with { RecordedIommu = "smmuv3" }));
        Assert.True(result.HitOrFillAgrees < result.Translations, "a quarter of the entries made no difference");
        Assert.NotEmpty(result.Differences);
    }

    [Fact]
    public void At_most_a_thousand_differences_are_listed()
    {
        EditedTrace trace = EditedTrace.Of("intel-vfio-nested");
        for (int i = 0; i < trace.Count; i++)
            if (trace[i].Kind == EventKind.Translate) trace.Replace(i, e => e with { Flags = e.Flags ^ EventFlags.Hit });
        RecordingValidation result = Validate(trace.Open());
        Assert.Equal((1000, 0), (result.Differences.Count, result.HitOrFillAgrees));
    }

    [Fact]
    public void A_trace_without_translations_is_refused()
    {
        EditedTrace trace = EditedTrace.Of("intel-vfio-nested");
        for (int i = trace.Count - 1; i >= 0; i--)
            if (trace[i].Kind == EventKind.Translate) trace.Remove(i);
        Assert.Contains("no translations", Assert.Throws<TraceFormatException>(() => Validate(trace.Open())).Message, StringComparison.Ordinal);
    }
}
