using Workbench.Iommu;
using Workbench.Traces.Guest;
using Xunit;
using Records = Workbench.Traces.Tests.Guest.RingBufferPageBuilder.Records;

namespace Workbench.Traces.Tests.Guest;

public class TraceCmdDatReaderTests
{
    private static readonly byte[] AnyMap = Records.Map(7, 0x1000, 0x5000, 4096);

    public static TheoryData<string> Layouts => ["6", "7 none", "7 zstd", "7 zstd, no page size"];

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Records_of_all_CPUs_come_in_time_order_and_ties_by_CPU(string layout)
    {
        List<GuestEvent> events = Read(Build(layout, builder => builder
            .Add(0, new RingBufferPageBuilder(1000).Record(0, Records.Map(1, 0x1000, 0x5000, 4096)).Record(20, Records.Unmap(1, 0x1000, 4096, 4096)))
            .Add(0, new RingBufferPageBuilder(1030).Record(5, Records.Mark(1, "late\n")))
            .Add(2, new RingBufferPageBuilder(1000).Record(0, Records.Map(2, 0x2000, 0x6000, 4096)).Record(10, Records.Other(2)).Record(10, Records.Map(2, 0x3000, 0x7000, 8192)))));
        Assert.Equal(
            [
                new() { Kind = GuestEventKind.Map, TimeNs = 1000, Cpu = 0, ThreadId = 1, Iova = 0x1000, Physical = 0x5000, Length = 4096, Line = 1 },
                new() { Kind = GuestEventKind.Map, TimeNs = 1000, Cpu = 2, ThreadId = 2, Iova = 0x2000, Physical = 0x6000, Length = 4096, Line = 2 },
                new() { Kind = GuestEventKind.Unmap, TimeNs = 1020, Cpu = 0, ThreadId = 1, Iova = 0x1000, Length = 4096, Line = 4 },
                new() { Kind = GuestEventKind.Map, TimeNs = 1020, Cpu = 2, ThreadId = 2, Iova = 0x3000, Physical = 0x7000, Length = 8192, Line = 5 },
                new() { Kind = GuestEventKind.Mark, TimeNs = 1035, Cpu = 0, ThreadId = 1, Text = "late", Line = 6 },
            ],
            events);
    }

    [Fact]
    public void A_scatter_list_becomes_one_event_for_each_piece()
    {
        List<GuestEvent> events = Read(Build("6", new RingBufferPageBuilder(0).Record(1, Records.Scatter(7, "0000:00:01.0", 2, [0x5000, 0x9000], [0x10000, 0x20000], [0x1000, 0x2000]))));
        Assert.Equal([(0x10000UL, 0x1000UL, 0x5000UL), (0x20000UL, 0x2000UL, 0x9000UL)], events.Select(e => (e.Iova, e.Length, e.Physical)));
        Assert.All(events, e => Assert.Equal((RequesterId.Of(0, 1, 0), DmaDirection.FromDevice), (e.Device, e.Direction)));
    }

    [Fact]
    public void Time_extends_discarded_records_long_records_and_page_padding_are_stepped_over()
    {
        RingBufferPageBuilder page = new RingBufferPageBuilder(1).Discarded(2, 12).TimeExtend((5UL << 27) + 3).LongRecord(4, AnyMap).EndPadding().Raw(0xffffffff);
        GuestEvent read = Assert.Single(Read(Build("6", page)));
        Assert.Equal(1 + 2 + (5L << 27) + 3 + 4, read.TimeNs);
    }

    [Fact]
    public void An_absolute_time_stamp_replaces_the_time() =>
        Assert.Equal(12_345_678_901_234, Assert.Single(Read(Build("6", new RingBufferPageBuilder(99).TimeStamp(12_345_678_901_234).Record(0, AnyMap)))).TimeNs);

    [Fact]
    public void An_absolute_time_stamp_keeps_the_upper_five_bits_and_carries_into_them()
    {
        ulong before = (3UL << 59) + 100;
        Assert.Equal((long)((3UL << 59) + 200), Assert.Single(Read(Build("6", new RingBufferPageBuilder(before).TimeStamp(200).Record(0, AnyMap)))).TimeNs);
        Assert.Equal((long)((4UL << 59) + 50), Assert.Single(Read(Build("6", new RingBufferPageBuilder(before).TimeStamp(50).Record(0, AnyMap)))).TimeNs);
    }

    [Theory]
    [InlineData(1, "250\0", 1_250_000)]
    [InlineData(7, "-250\0", 999_750)]
    [InlineData(7, "0x10\0", 1_000_016)]
    [InlineData(4, "local global [mono] boot\n\0", 1_000_000)]
    public void Options_shift_the_time_as_trace_cmd_report_does(ushort option, string data, long expected)
    {
        byte[] file = Build("6", builder => builder.Option(option, System.Text.Encoding.ASCII.GetBytes(data)).Add(0, new RingBufferPageBuilder(1_000_000).Record(0, AnyMap)));
        Assert.Equal(expected, Assert.Single(Read(file)).TimeNs);
    }

    [Fact]
    public void A_cycle_counter_is_scaled_by_the_factor_in_the_file()
    {
        byte[] factor = [.. BitConverter.GetBytes(3u), .. BitConverter.GetBytes(2u), .. BitConverter.GetBytes(77UL)];
        byte[] file = new TraceCmdFileBuilder { Clock = "x86-tsc" }.Option(14, factor).Add(0, new RingBufferPageBuilder(ulong.MaxValue / 8).Record(0, AnyMap)).BuildVersion7();
        Assert.Equal((long)((UInt128)(ulong.MaxValue / 8) * 3 / 4), Assert.Single(Read(file)).TimeNs);
    }

    [Theory]
    [InlineData("x86-tsc")]
    [InlineData("counter")]
    [InlineData("uptime")]
    public void A_clock_that_counts_no_nanoseconds_is_refused_by_name(string clock)
    {
        byte[] file = new TraceCmdFileBuilder { Clock = clock }.Add(0, new RingBufferPageBuilder(1).Record(0, AnyMap)).BuildVersion7();
        AssertRefused(file, $"trace clock \"{clock}\" counts no nanoseconds");
    }

    [Fact]
    public void Correction_by_another_machines_clock_is_refused_by_name() =>
        AssertRefused(Build("6", builder => builder.Option(12, [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0])), "TIME_SHIFT");

    [Fact]
    public void Other_codecs_are_refused_by_name() =>
        AssertRefused(new TraceCmdFileBuilder { Codec = "zlib" }.BuildVersion7(), "compression \"zlib\"; supported are none and zstd");

    [Fact]
    public void Big_endian_files_are_refused_by_name() => AssertRefused(new TraceCmdFileBuilder { Endianness = 1 }.BuildVersion6(), "big endian is not supported");

    [Fact]
    public void Files_of_32_bit_machines_are_refused_by_name() => AssertRefused(new TraceCmdFileBuilder { LongBytes = 4 }.BuildVersion6(), "only 64-bit machines");

    [Fact]
    public void Latency_traces_are_refused_by_name() => AssertRefused(new TraceCmdFileBuilder { DataKind = "latency  \0" }.BuildVersion6(), "latency trace");

    [Fact]
    public void Instances_in_version_6_are_refused_by_name() => AssertRefused(Build("6", builder => builder.Option(3, new byte[9])), "trace instances");

    [Fact]
    public void Other_versions_are_refused_by_name()
    {
        byte[] file = new TraceCmdFileBuilder().BuildVersion6();
        file[10] = (byte)'8';
        AssertRefused(file, "trace.dat version \"8\"; supported are 6 and 7");
    }

    [Fact]
    public void Another_ring_buffer_is_refused() =>
        AssertRefused(new TraceCmdFileBuilder { HeaderEvent = "padding : type == 30\n" }.BuildVersion6(), "header_event has other types");

    [Fact]
    public void A_kernel_with_other_field_names_is_refused_with_the_names_that_are_needed() =>
        AssertRefused(new TraceCmdFileBuilder { MapFields = "\tfield:u64 address;\toffset:8;\tsize:8;\tsigned:0;\n" }.Add(0, new RingBufferPageBuilder(1).Record(0, AnyMap)).BuildVersion6(), "iommu:map with 32 bytes: needed are the fields iova, paddr and size");

    [Fact]
    public void Fields_are_found_by_the_format_wherever_the_kernel_puts_them()
    {
        byte[] file = new TraceCmdFileBuilder { MapFields = "\tfield:size_t size;\toffset:8;\tsize:8;\tsigned:0;\n\tfield:u64 iova;\toffset:16;\tsize:8;\tsigned:0;\n\tfield:u64 paddr;\toffset:24;\tsize:8;\tsigned:0;\n" }
            .Add(0, new RingBufferPageBuilder(1).Record(0, Records.Map(1, 4096, 0x1000, 0x5000))).BuildVersion6();
        GuestEvent read = Assert.Single(Read(file));
        Assert.Equal((4096UL, 0x1000UL, 0x5000UL), (read.Length, read.Iova, read.Physical));
    }

    [Fact]
    public void Lost_events_are_an_error_that_says_how_many()
    {
        RingBufferPageBuilder page = new RingBufferPageBuilder(1) { Commit = 0 | RingBufferPageBuilder.Missed | RingBufferPageBuilder.MissedStored }.Raw(42);
        AssertRefused(Build("6", page), "CPU 0: 42 events were lost before this page, the trace has holes");
    }

    [Fact]
    public void Lost_events_are_counted_when_bad_records_are_skipped()
    {
        using TraceCmdDatReader reader = new(new MemoryStream(Build("6", new RingBufferPageBuilder(1) { CommitFlags = RingBufferPageBuilder.Missed }.Record(0, AnyMap))), "t.dat", skipBad: true);
        Assert.Single(Recordings.ReadAll(reader));
        Assert.Equal(1, reader.BadLines);
    }

    [Fact]
    public void A_page_that_says_it_holds_more_than_it_can_is_refused() =>
        AssertRefused(Build("6", new RingBufferPageBuilder(1) { Commit = 241 }), "a page says it holds 241 bytes; allowed are 240");

    [Theory]
    [InlineData(28u, "has 112 bytes and runs past the page's 8")]
    [InlineData(0u, "has a length of 3, less than its own length word")]
    public void An_entry_that_does_not_fit_is_refused(uint type, string problem) =>
        AssertRefused(Build("6", new RingBufferPageBuilder(1).Raw(type).Raw(3)), problem);

    [Fact]
    public void After_a_damaged_page_the_next_one_is_read_when_bad_records_are_skipped()
    {
        byte[] file = Build("6", builder => builder.Add(0, new RingBufferPageBuilder(1).Raw(28).Raw(3)).Add(0, new RingBufferPageBuilder(2).Record(0, AnyMap)));
        using TraceCmdDatReader reader = new(new MemoryStream(file), "t.dat", skipBad: true);
        Assert.Equal(2, Assert.Single(Recordings.ReadAll(reader)).TimeNs);
        Assert.Equal(1, reader.BadLines);
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void A_file_cut_at_any_byte_is_refused_with_the_byte(string layout)
    {
        byte[] file = Build(layout, builder => builder.Option(4, "[mono]\0"u8.ToArray()).Add(1, new RingBufferPageBuilder(1).Record(0, AnyMap)));
        Assert.Single(Read(file));
        for (int length = 0; length < file.Length; length++)
        {
            TraceFormatException refusal = Assert.Throws<TraceFormatException>(() => Read(file[..length]));
            Assert.StartsWith("t.dat ", refusal.Message, StringComparison.Ordinal);
            Assert.Contains(" byte ", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Options_that_lead_back_to_themselves_are_refused()
    {
        byte[] file = new TraceCmdFileBuilder { Codec = "none" }.Add(0, new RingBufferPageBuilder(1).Record(0, AnyMap)).BuildVersion7();
        // The first options stand last; their last eight bytes name the next ones: here themselves.
        ulong first = BitConverter.ToUInt64(file, 27);
        BitConverter.GetBytes(first).CopyTo(file, file.Length - 8);
        AssertRefused(file, "lead back to themselves");
    }

    [Fact]
    public void A_recording_may_stand_behind_other_bytes_of_its_stream()
    {
        byte[] file = Build("7 zstd", new RingBufferPageBuilder(1).Record(0, AnyMap));
        using MemoryStream stream = new([1, 2, 3, .. file]) { Position = 3 };
        using IGuestEventReader reader = GuestEventReaders.Open(stream, "t.dat");
        Assert.Single(Recordings.ReadAll(reader));
    }

    internal static byte[] Build(string layout, Func<TraceCmdFileBuilder, TraceCmdFileBuilder> fill) => layout switch
    {
        "6" => fill(new()).BuildVersion6(),
        "7 none" => fill(new() { Codec = "none" }).BuildVersion7(),
        "7 zstd" => fill(new()).BuildVersion7(),
        _ => fill(new() { StatesPageBytes = false }).BuildVersion7(),
    };

    private static byte[] Build(string layout, RingBufferPageBuilder page) => Build(layout, builder => builder.Add(0, page));

    private static List<GuestEvent> Read(byte[] file)
    {
        using TraceCmdDatReader reader = new(new MemoryStream(file), "t.dat");
        return Recordings.ReadAll(reader);
    }

    private static void AssertRefused(byte[] file, string problem)
    {
        TraceFormatException refusal = Assert.Throws<TraceFormatException>(() => Read(file));
        Assert.Matches("^t\\.dat .*byte [0-9]+: ", refusal.Message);
        Assert.Contains(problem, refusal.Message, StringComparison.Ordinal);
    }
}
