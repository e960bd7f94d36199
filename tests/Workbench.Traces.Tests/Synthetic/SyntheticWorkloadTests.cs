using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using CsCheck;
using Workbench.Iommu;
using Workbench.Testing;
using Workbench.Traces.Native;
using Workbench.Traces.Synthetic;
using Workbench.Traces.Tests.Native;
using Xunit;

namespace Workbench.Traces.Tests.Synthetic;

public class SyntheticWorkloadTests
{
    public static TheoryData<string> Names => [.. SyntheticWorkload.All.Select(w => w.Name)];

    private static TraceEvent[] First(string name, int count, ulong seed = 1)
    {
        TraceEvent[] events = new TraceEvent[count];
        SyntheticWorkload.Find(name).Begin(seed).Fill(events);
        return events;
    }

    private static TraceEvent[] Accesses(string name, int count)
    {
        SyntheticStream stream = SyntheticWorkload.Find(name).Begin();
        stream.Fill(new TraceEvent[stream.SetupEvents]);
        TraceEvent[] events = new TraceEvent[count];
        stream.Fill(events);
        return events;
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_first_events_are_the_ones_that_were_approved(string name)
    {
        StringBuilder text = new();
        SyntheticStream stream = SyntheticWorkload.Find(name).Begin();
        TraceEvent[] events = new TraceEvent[100_000];
        stream.Fill(events);
        foreach (TraceEvent e in events.AsSpan(0, stream.SetupEvents + 24))
            text.Append(CultureInfo.InvariantCulture, $"{e.TimeNs} {e.Kind} {(int)e.Flags} {e.Device} 0x{e.Iova:x} {e.Length} 0x{e.Target:x}\n");
        text.Append(CultureInfo.InvariantCulture, $"100000 events {XxHash64.HashToUInt64(MemoryMarshal.AsBytes(events.AsSpan())):x16}\n");
        Golden.Matches($"synthetic-{name}.txt", Encoding.UTF8.GetBytes(text.ToString()));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_sizes_of_the_spans_do_not_matter(string name) => Gen.Int[1, 700].Array[1, 20].Sample(sizes =>
    {
        TraceEvent[] expected = First(name, sizes.Sum()), actual = new TraceEvent[sizes.Sum()];
        SyntheticStream stream = SyntheticWorkload.Find(name).Begin();
        int at = 0;
        foreach (int size in sizes)
        {
            stream.Fill(actual.AsSpan(at, size));
            at += size;
        }
        Assert.Equal(expected, actual);
    }, iter: 5);

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_access_is_inside_a_mapping_of_its_device_made_before(string name)
    {
        Dictionary<RequesterId, (ulong Start, ulong End)> mapped = [];
        HashSet<RequesterId> attached = [];
        long time = 0;
        foreach (TraceEvent e in First(name, 200_000))
        {
            Assert.True(e.TimeNs >= time);
            time = e.TimeNs;
            if (e.Kind == EventKind.Attach) Assert.True(attached.Add(e.Device));
            else if (e.Kind == EventKind.Map) mapped.Add(e.Device, (e.Iova, e.Iova + e.Length));
            else Assert.True(attached.Contains(e.Device) && e.Iova >= mapped[e.Device].Start && e.Iova + e.Length <= mapped[e.Device].End, e.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Alignment_allows_only_the_leaf_size_that_is_meant(string name)
    {
        ulong leaf = name == "seq2m" ? 2UL << 20 : 4096;
        foreach (SyntheticMapping mapping in SyntheticWorkload.Find(name).Mappings)
        {
            Assert.Equal(leaf, (mapping.Iova ^ mapping.Physical) & ~((mapping.Iova ^ mapping.Physical) - 1) & ((1UL << 30) - 1));
            Assert.Equal(0UL, mapping.Iova % leaf);
            Assert.Equal(0UL, mapping.Length % leaf);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Physical_ranges_of_devices_do_not_overlap(string name)
    {
        SyntheticMapping[] mappings = [.. SyntheticWorkload.Find(name).Mappings.OrderBy(m => m.Physical)];
        for (int i = 1; i < mappings.Length; i++) Assert.True(mappings[i - 1].Physical + mappings[i - 1].Length <= mappings[i].Physical);
        Assert.Equal(mappings.Length, mappings.Select(m => m.Domain).Distinct().Count());
    }

    [Fact]
    public void The_ring_cycles_through_its_buffers_with_descriptors_and_completions()
    {
        TraceEvent[] events = Accesses("nic1024", 1024 / 4 * 9 * 2);
        Assert.Equal(events.AsSpan(0, 2304).ToArray().Select(e => e.Iova), events.AsSpan(2304).ToArray().Select(e => e.Iova));
        Assert.Equal(1024, events.AsSpan(0, 2304).ToArray().Where(e => e.IsData).Select(e => e.Iova).Distinct().Count());
        Assert.Equal((EventKind.Read, 64UL, EventFlags.Ring), (events[0].Kind, events[0].Length, events[0].Flags));
        Assert.Equal((EventKind.Write, 1500UL, 64UL, EventFlags.None), (events[1].Kind, events[1].Length, events[1].Iova & 0xfff, events[1].Flags));
        Assert.Equal((EventKind.Write, 16UL, EventFlags.Ring), (events[2].Kind, events[2].Length, events[2].Flags));
        Assert.Equal(EventKind.Read, events[9].Kind);
    }

    [Theory]
    [InlineData("uni1g", 18)]
    [InlineData("uni64g", 24)]
    public void Uniform_pages_are_uniform_and_half_are_written(string name, int pagesLog2)
    {
        TraceEvent[] events = Accesses(name, 400_000);
        int[] sixteenths = new int[16];
        foreach (TraceEvent e in events) sixteenths[(e.Iova - (64UL << 30)) >> (12 + pagesLog2 - 4)]++;
        Assert.All(sixteenths, count => Assert.InRange(count, 24_300, 25_700));
        Assert.InRange(events.Count(e => e.Kind == EventKind.Write), 198_500, 201_500);
    }

    [Fact]
    public void Zipf_pages_follow_the_law_and_are_scattered()
    {
        TraceEvent[] events = Accesses("zipf1m", 2_000_000);
        int[] counts = new int[1 << 20];
        foreach (TraceEvent e in events) counts[(e.Iova - (64UL << 30)) >> 12]++;
        double total = 0;
        for (int k = 1; k <= counts.Length; k++) total += Math.Pow(k, -0.99);
        for (int rank = 0; rank < 20; rank++)
        {
            double expected = events.Length * Math.Pow(rank + 1, -0.99) / total;
            int seen = counts[unchecked((uint)rank * 0x9E3779B1) & 0xFFFFF];
            Assert.InRange(seen, expected - (5 * Math.Sqrt(expected)), expected + (5 * Math.Sqrt(expected)));
        }
        double tail = 0;
        long seenTail = 0;
        for (int rank = 1 << 16; rank < counts.Length; rank++)
        {
            tail += events.Length * Math.Pow(rank + 1, -0.99) / total;
            seenTail += counts[unchecked((uint)rank * 0x9E3779B1) & 0xFFFFF];
        }
        Assert.InRange(seenTail, tail * 0.99, tail * 1.01);
        Assert.InRange(events.Count(e => e.Kind == EventKind.Write), 990_000, 1_010_000);
    }

    [Fact]
    public void Zipf_weights_agree_with_the_power_function()
    {
        for (int k = 1; k <= 1 << 20; k++) Assert.InRange(ZipfTable.Weight(k) / Math.Pow(k, -0.99), 1 - 1e-13, 1 + 1e-13);
    }

    [Fact]
    public void Sequential_writes_wrap_around()
    {
        TraceEvent[] events = Accesses("seq2m", (1 << 24) + 2);
        Assert.Equal(64UL << 30, events[0].Iova);
        Assert.Equal((64UL << 30) + 4096, events[1].Iova);
        Assert.Equal((128UL << 30) - 4096, events[(1 << 24) - 1].Iova);
        Assert.Equal(64UL << 30, events[1 << 24].Iova);
    }

    [Fact]
    public void Scatter_serves_64_devices_in_bursts_of_four_and_a_half()
    {
        TraceEvent[] events = Accesses("scatter", 500_000);
        Dictionary<RequesterId, int> counts = [];
        foreach (TraceEvent e in events) counts[e.Device] = counts.GetValueOrDefault(e.Device) + 1;
        Assert.Equal(64, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 6_500, 9_100));
        int changes = Enumerable.Range(1, events.Length - 1).Count(i => events[i].Device != events[i - 1].Device);
        // A burst is followed by one of the same device once in 64.
        Assert.InRange(events.Length / (double)changes, 4.5 * 64 / 63 * 0.98, 4.5 * 64 / 63 * 1.02);
    }

    [Fact]
    public void Seed_and_rate_are_parameters()
    {
        Assert.NotEqual(First("uni1g", 50, seed: 1), First("uni1g", 50, seed: 2));
        TraceEvent[] events = new TraceEvent[10];
        SyntheticWorkload.Find("uni1g").Begin(1, 7).Fill(events);
        Assert.Equal([0, 0, 7, 14, 21], events.Take(5).Select(e => e.TimeNs));
        Assert.Throws<ArgumentOutOfRangeException>(() => SyntheticWorkload.Find("uni1g").Begin(1, -1));
        Assert.Contains("nic1024", Assert.Throws<ArgumentException>(() => SyntheticWorkload.Find("nic")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Filling_allocates_nothing()
    {
        SyntheticStream stream = SyntheticWorkload.Find("scatter").Begin();
        TraceEvent[] events = new TraceEvent[4096];
        stream.Fill(events);
        AllocationMeter meter = AllocationMeter.Start();
        for (int i = 0; i < 20; i++) stream.Fill(events);
        Assert.Equal(0, meter.Bytes);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_workload_goes_through_a_file(string name)
    {
        TraceEvent[] events = First(name, 70_000);
        using DmatReader reader = Dmat.Open(Dmat.Write(events));
        Assert.Equal(events, Dmat.ReadAll(reader, 4096));
    }
}
