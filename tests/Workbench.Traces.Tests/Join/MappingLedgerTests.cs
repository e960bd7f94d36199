using Workbench.Iommu;
using Workbench.Traces.Join;
using Workbench.Traces.Tests.Importers;
using Xunit;

namespace Workbench.Traces.Tests.Join;

/// <summary>Are maps and unmaps supplied exactly where a trace could not be replayed without?</summary>
public class MappingLedgerTests
{
    private static readonly RequesterId Device = RequesterId.Of(0, 1, 0);
    private static readonly DomainId Domain = new(3);

    private static TraceEvent Seen(ulong iova, ulong physical, ulong page = 4096, Permission permission = Permission.ReadWrite) => TraceEvent.Translate(0, Device, iova, page, physical, permission, hit: true);
    private static TraceEvent Map(ulong iova, ulong length, ulong physical) => TraceEvent.Map(0, Device, iova, length, physical, Permission.ReadWrite);
    private static TraceEvent Unmap(ulong iova, ulong length) => TraceEvent.Unmap(0, Device, iova, length);
    private static TraceEvent Invalidate(ulong iova, ulong length) => TraceEvent.InvalidateRange(0, Domain, iova, length);
    private static TraceEvent Attach() => TraceEvent.Attach(0, Device, Domain);

    private static string[] Run(out MappingLedger ledger, bool leafBases, params TraceEvent[] events)
    {
        ListSink sink = new();
        ledger = new(sink) { NamesLeafBases = leafBases };
        foreach (TraceEvent e in events) ledger.Append(e);
        return [.. sink.Events.Select(e => QemuLogs.Word(e))];
    }

    private static string[] Run(params TraceEvent[] events) => Run(out _, false, events);

    [Fact]
    public void A_translation_inside_a_recorded_mapping_adds_nothing()
    {
        string[] words = Run(out MappingLedger ledger, false, Map(0x10000, 0x4000, 0x50000), Seen(0x12040, 0x52040));
        Assert.Equal(["map 00:01.0 10000+4000 -> 50000 rw", "hit 00:01.0 12040+1000 -> 52040 rw"], words);
        Assert.Equal((1, 1, 0, 0), (ledger.Translations, ledger.Inside, ledger.InferredMaps, ledger.InferredUnmaps));
    }

    [Fact]
    public void A_page_that_nothing_maps_is_mapped_once_as_it_was_seen()
    {
        string[] words = Run(out MappingLedger ledger, false, Seen(0x12040, 0x52040, permission: Permission.Read), Seen(0x12080, 0x52080, permission: Permission.Read));
        Assert.Equal(["map 00:01.0 12000+1000 -> 52000 r inferred", "hit 00:01.0 12040+1000 -> 52040 r", "hit 00:01.0 12080+1000 -> 52080 r"], words);
        Assert.Equal((2, 0, 1, 0), (ledger.Translations, ledger.Inside, ledger.InferredMaps, ledger.InferredUnmaps));
    }

    [Fact]
    public void A_large_page_is_mapped_whole() =>
        Assert.Equal(["map 00:01.0 200000+200000 -> 600000 rw inferred", "hit 00:01.0 212040+200000 -> 612040 rw"], Run(Seen(0x212040, 0x612040, 2 << 20)));

    [Fact]
    public void A_page_seen_elsewhere_was_unmapped_and_mapped_anew()
    {
        string[] words = Run(out MappingLedger ledger, false, Map(0x1000, 0x1000, 0x5000), Seen(0x1000, 0x9000));
        Assert.Equal(["map 00:01.0 1000+1000 -> 5000 rw", "unmap 00:01.0 1000+1000 inferred", "map 00:01.0 1000+1000 -> 9000 rw inferred", "hit 00:01.0 1000+1000 -> 9000 rw"], words);
        Assert.Equal((0, 1, 1), (ledger.Inside, ledger.InferredMaps, ledger.InferredUnmaps));
    }

    [Fact]
    public void A_recorded_map_over_a_live_one_ends_it_first() =>
        Assert.Equal(["map 00:01.0 1000+2000 -> 5000 rw", "unmap 00:01.0 2000+1000 inferred", "map 00:01.0 2000+1000 -> 9000 rw"], Run(Map(0x1000, 0x2000, 0x5000), Map(0x2000, 0x1000, 0x9000)));

    [Fact]
    public void A_recorded_map_beside_a_live_one_ends_nothing() =>
        Assert.Equal(["map 00:01.0 1000+1000 -> 5000 rw", "map 00:01.0 2000+1000 -> 9000 rw"], Run(Map(0x1000, 0x1000, 0x5000), Map(0x2000, 0x1000, 0x9000)));

    [Fact]
    public void An_unmapped_page_is_mapped_again_where_it_is_seen_again() =>
        Assert.Equal(["map 00:01.0 1000+1000 -> 5000 rw", "unmap 00:01.0 1000+1000", "map 00:01.0 1000+1000 -> 5000 rw inferred", "hit 00:01.0 1000+1000 -> 5000 rw"],
            Run(Map(0x1000, 0x1000, 0x5000), Unmap(0x1000, 0x1000), Seen(0x1000, 0x5000)));

    [Fact]
    public void An_invalidation_ends_an_inferred_mapping_and_no_recorded_one() =>
        Assert.Equal(
        [
            "attach 00:01.0 3", "map 00:01.0 1000+1000 -> 5000 rw inferred", "hit 00:01.0 1000+1000 -> 5000 rw", "map 00:01.0 2000+1000 -> 6000 rw",
            "unmap 00:01.0 1000+1000 inferred", "inv 3 1000+2000", "inv 3 1000+2000",
        ], Run(Attach(), Seen(0x1000, 0x5000), Map(0x2000, 0x1000, 0x6000), Invalidate(0x1000, 0x2000), Invalidate(0x1000, 0x2000)));

    [Fact]
    public void An_invalidation_of_another_domain_or_page_ends_nothing() =>
        Assert.Equal(["attach 00:01.0 3", "map 00:01.0 1000+1000 -> 5000 rw inferred", "hit 00:01.0 1000+1000 -> 5000 rw", "inv 4 1000+1000", "inv 3 2000+1000"],
            Run(Attach(), Seen(0x1000, 0x5000), TraceEvent.InvalidateRange(0, new(4), 0x1000, 0x1000), Invalidate(0x2000, 0x1000)));

    // Software that invalidates a page inside a large page has taken the large page apart.
    [Fact]
    public void An_invalidation_inside_an_inferred_large_page_ends_the_page() =>
        Assert.Equal(["attach 00:01.0 3", "map 00:01.0 200000+200000 -> 600000 rw inferred", "hit 00:01.0 200000+200000 -> 600000 rw", "unmap 00:01.0 200000+200000 inferred", "inv 3 2ff000+1000"],
            Run(Attach(), Seen(0x200000, 0x600000, 2 << 20), Invalidate(0x2ff000, 0x1000)));

    [Fact]
    public void An_invalidation_may_reach_the_last_byte() =>
        Assert.Equal(["attach 00:01.0 3", "map 00:01.0 fffffffffffff000+1000 -> 5000 rw inferred", "hit 00:01.0 fffffffffffff000+1000 -> 5000 rw", "unmap 00:01.0 fffffffffffff000+1000 inferred", "inv 3 8000000000000000+8000000000000000"],
            Run(Attach(), Seen(0xffff_ffff_ffff_f000, 0x5000), Invalidate(1UL << 63, 1UL << 63)));

    // AMD-Vi's log gives the first frame of the leaf that was used: page 3 of a 64 KiB leaf at 0x50000.
    [Fact]
    public void A_leaf_base_is_taken_for_the_frame_of_the_recorded_mapping()
    {
        string[] words = Run(out MappingLedger ledger, true, Map(0x10000, 0x10000, 0x50000), Seen(0x13040, 0x50040));
        Assert.Equal("hit 00:01.0 13040+4000 -> 53040 rw", words[^1]);
        Assert.Equal((1, 0), (ledger.Inside, ledger.InferredMaps));
        // The same line from an IOMMU that names frames is a mapping that was replaced.
        Run(out ledger, false, Map(0x10000, 0x10000, 0x50000), Seen(0x13040, 0x50040));
        Assert.Equal((0, 1), (ledger.Inside, ledger.InferredMaps));
        // 0x51000 is the base of no leaf that holds 0x53000.
        Run(out ledger, true, Map(0x10000, 0x10000, 0x50000), Seen(0x13040, 0x51040));
        Assert.Equal((0, 1), (ledger.Inside, ledger.InferredMaps));
    }

    [Fact]
    public void Only_the_work_window_is_counted_as_such()
    {
        MappingLedger ledger = new(new ListSink());
        ledger.Append(Seen(0x1000, 0x5000));
        ledger.InWorkWindow = true;
        ledger.Append(Map(0x2000, 0x1000, 0x6000));
        ledger.Append(Seen(0x2000, 0x6000));
        ledger.Append(Seen(0x3000, 0x6000));
        ledger.InWorkWindow = false;
        ledger.Append(Seen(0x2000, 0x6000));
        Assert.Equal((4, 2, 2, 1), (ledger.Translations, ledger.Inside, ledger.WindowTranslations, ledger.WindowInside));
    }
}
