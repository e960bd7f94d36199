using Workbench.Iommu;
using Workbench.Traces.Guest;
using Workbench.Traces.Importers;
using Workbench.Traces.Join;
using Workbench.Traces.Tests.Guest;
using Workbench.Traces.Tests.Importers;
using Xunit;

namespace Workbench.Traces.Tests.Join;

/// <summary>Where do the guest's steps come to lie among the QEMU log's events? Guest clock and log agree here, times are microseconds.</summary>
public class TraceJoinerTests
{
    private static readonly RequesterId Device = RequesterId.Of(0, 1, 0);
    private static readonly ClockAlignment Clock = new("test", [(0, 0)], 1);

    private static string Map(int us, ulong iova, ulong physical, string direction = "BIDIRECTIONAL", ulong length = 4096) => FormattableString.Invariant(
        $"  t-1 [000] ..... 0.{us:d6}: map: IOMMU: iova=0x{iova:x} - 0x{iova + length:x} paddr=0x{physical:x} size={length}\n  t-1 [000] ..... 0.{us:d6}: dma_map_page: 0000:00:01.0 dir={direction} dma_addr={iova:x} size={length} phys_addr={physical:x} attrs=");

    private static string Unmap(int us, ulong iova, ulong length = 4096) => FormattableString.Invariant(
        $"  t-1 [000] ..... 0.{us:d6}: unmap: IOMMU: iova=0x{iova:x} - 0x{iova + length:x} size={length} unmapped_size={length}\n  t-1 [000] ..... 0.{us:d6}: dma_unmap_page: 0000:00:01.0 dir=TO_DEVICE dma_addr={iova:x} size={length} attrs=");

    private static string Mark(int us, string text) => FormattableString.Invariant($"  t-1 [000] ..... 0.{us:d6}: tracing_mark_write: {text}");

    private static TraceEvent Hit(int us, ulong iova, ulong physical, Permission permission = Permission.ReadWrite) => TraceEvent.Translate(us * 1000L, Device, iova, 4096, physical, permission, hit: true);

    private static TraceEvent Invalidate(int us, ulong iova, ulong length = 4096) => TraceEvent.InvalidateRange(us * 1000L, new(3), iova, length);

    private static string[] Join(string[] guestLines, TraceEvent[] qemu, out long paired)
    {
        using FtraceTextReader reader = new(Recordings.Text(guestLines), "g");
        GuestTimeline guest = GuestTimeline.Read(reader, "g", skipBad: false);
        guest.AssignRest([Device]);
        ClockEvidence evidence = new();
        for (int i = 0; i < qemu.Length; i++) evidence.Append(qemu[i], i + 1);
        paired = TraceJoiner.PairUnmaps(guest, Clock, evidence.Invalidations);
        Feed(new(guest, Clock, null), qemu);
        ListSink sink = new();
        TraceJoiner joiner = new(guest, Clock, sink);
        Feed(joiner, qemu);
        joiner.Finish();
        for (int i = 1; i < sink.Events.Count; i++) Assert.True(sink.Events[i].TimeNs >= sink.Events[i - 1].TimeNs);
        return [.. sink.Events.Select(e => FormattableString.Invariant($"{e.TimeNs / 1000} {QemuLogs.Word(e, sink.Texts)}"))];
    }

    private static void Feed(TraceJoiner joiner, TraceEvent[] qemu)
    {
        for (int i = 0; i < qemu.Length; i++) joiner.Append(qemu[i], i + 1);
    }

    [Fact]
    public void A_map_precedes_the_translation_and_an_unmap_its_invalidation() => Assert.Equal(
    [
        "10 map 00:01.0 1000+1000 -> 5000 rw", "12 hit 00:01.0 1000+1000 -> 5000 rw", "33 unmap 00:01.0 1000+1000", "33 inv 3 1000+1000",
    ], Join([Map(10, 0x1000, 0x5000), Unmap(30, 0x1000)], [Hit(12, 0x1000, 0x5000), Invalidate(33, 0x1000)], out _));

    // The device is not stopped by the kernel's trace point: until the invalidation the entry serves.
    [Fact]
    public void An_access_between_unmap_and_invalidation_is_still_inside() => Assert.Equal(
    [
        "10 map 00:01.0 1000+1000 -> 5000 rw", "31 hit 00:01.0 1000+1000 -> 5000 rw", "33 unmap 00:01.0 1000+1000", "33 inv 3 1000+1000",
    ], Join([Map(10, 0x1000, 0x5000), Unmap(30, 0x1000)], [Hit(31, 0x1000, 0x5000), Invalidate(33, 0x1000)], out _));

    // The aligned time is a median: the pair may lie a few microseconds the wrong way round.
    [Fact]
    public void An_invalidation_slightly_before_its_unmap_still_ends_the_mapping() => Assert.Equal(
    [
        "10 map 00:01.0 1000+1000 -> 5000 rw", "28 unmap 00:01.0 1000+1000", "28 inv 3 1000+1000", "29 inv 3 9000+1000",
    ], Join([Map(10, 0x1000, 0x5000), Unmap(30, 0x1000)], [Invalidate(28, 0x1000), Invalidate(29, 0x9000)], out _));

    // Caching mode invalidates after a map, too: the second invalidation is the second map's.
    [Fact]
    public void An_address_used_again_within_microseconds_keeps_its_order()
    {
        string[] words = Join([Map(10, 0x1000, 0x5000), Unmap(30, 0x1000), Map(36, 0x1000, 0x7000)],
            [Invalidate(12, 0x1000), Hit(14, 0x1000, 0x5000), Invalidate(33, 0x1000), Invalidate(38, 0x1000), Hit(40, 0x1000, 0x7000)], out long paired);
        Assert.Equal(
        [
            "10 map 00:01.0 1000+1000 -> 5000 rw", "12 inv 3 1000+1000", "14 hit 00:01.0 1000+1000 -> 5000 rw", "33 unmap 00:01.0 1000+1000", "33 inv 3 1000+1000",
            "36 map 00:01.0 1000+1000 -> 7000 rw", "38 inv 3 1000+1000", "40 hit 00:01.0 1000+1000 -> 7000 rw",
        ], words);
        Assert.Equal(1, paired);
    }

    // The unmap's own invalidation is missing from the log; the one after the next map must not end that map's predecessor late.
    [Fact]
    public void An_invalidation_after_the_next_map_is_not_the_unmaps()
    {
        string[] words = Join([Map(10, 0x1000, 0x5000), Unmap(30, 0x1000), Map(36, 0x1000, 0x7000)], [Hit(14, 0x1000, 0x5000), Invalidate(38, 0x1000), Hit(40, 0x1000, 0x7000)], out long paired);
        Assert.Equal(
        [
            "10 map 00:01.0 1000+1000 -> 5000 rw", "14 hit 00:01.0 1000+1000 -> 5000 rw", "30 unmap 00:01.0 1000+1000", "36 map 00:01.0 1000+1000 -> 7000 rw",
            "38 inv 3 1000+1000", "40 hit 00:01.0 1000+1000 -> 7000 rw",
        ], words);
        Assert.Equal(0, paired);
    }

    // VT-d invalidates the aligned power of two around three pages; SMMUv3 the range in pieces, the first at the unmap's address.
    [Theory]
    [InlineData(0x10000UL, 0x4000UL)]
    [InlineData(0x11000UL, 0x2000UL)]
    public void An_unmap_of_several_pages_finds_its_invalidation(ulong first, ulong length)
    {
        string[] words = Join([Map(10, 0x11000, 0x5000, length: 0x3000), Unmap(30, 0x11000, 0x3000)], [Invalidate(33, first, length)], out long paired);
        Assert.Equal(1, paired);
        Assert.Equal("33 unmap 00:01.0 11000+3000", words[1]);
    }

    [Fact]
    public void Steps_before_and_after_the_log_are_kept() => Assert.Equal(
    [
        "0 map 00:01.0 1000+1000 -> 5000 rw", "0 map 00:01.0 2000+1000 -> 6000 rw", "5 hit 00:01.0 1000+1000 -> 5000 rw", "900 unmap 00:01.0 1000+1000", "900 mark the end",
    ], Join([Map(0, 0x1000, 0x5000), Map(0, 0x2000, 0x6000), Unmap(900, 0x1000), Mark(900, "the end")], [Hit(5, 0x1000, 0x5000)], out _));

    // Marks keep their place among the steps even where the log is silent.
    [Fact]
    public void Marks_keep_their_place_among_the_steps() => Assert.Equal(
    [
        "10 map 00:01.0 1000+1000 -> 5000 rw", "15 mark between", "20 map 00:01.0 2000+1000 -> 6000 rw", "50 hit 00:01.0 1000+1000 -> 5000 rw",
        "60 mark later", "70 unmap 00:01.0 1000+1000", "80 mark last",
    ], Join([Map(10, 0x1000, 0x5000), Mark(15, "between"), Map(20, 0x2000, 0x6000), Mark(60, "later"), Unmap(70, 0x1000), Mark(80, "last")], [Hit(50, 0x1000, 0x5000)], out _));

    // What the page table showed wins over what the DMA API allowed; a mapping never accessed keeps the latter.
    [Theory]
    [InlineData("TO_DEVICE", Permission.None, "r")]
    [InlineData("FROM_DEVICE", Permission.None, "rw")]
    [InlineData("BIDIRECTIONAL", Permission.None, "rw")]
    [InlineData("FROM_DEVICE", Permission.Read, "r")]
    [InlineData("TO_DEVICE", Permission.ReadWrite, "rw")]
    public void A_mapping_allows_what_was_seen_or_else_what_the_driver_asked_for(string direction, Permission seen, string expected)
    {
        TraceEvent[] qemu = seen == Permission.None ? [Hit(15, 0x9000, 0x9000)] : [Hit(15, 0x1000, 0x5000, seen)];
        Assert.Equal($"10 map 00:01.0 1000+1000 -> 5000 {expected}", Join([Map(10, 0x1000, 0x5000, direction)], qemu, out _)[0]);
    }
}
