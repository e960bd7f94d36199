using System.Globalization;
using Workbench.Iommu;
using Workbench.Traces.Importers;
using Workbench.Traces.Importers.Qemu;
using Workbench.Traces.Tests.Guest;
using Xunit;

namespace Workbench.Traces.Tests.Importers;

/// <summary>
/// Whole recordings against numbers taken from them by another program (a Python script that comes with the recordings and shares no
/// code with the importer): bytes, pieces' pages and counts. The work window lies between marks 2 and 9.
/// </summary>
public class WholeQemuLogTests(WholeQemuLogTests.Logs logs) : IClassFixture<WholeQemuLogTests.Logs>
{
    // Columns: lines in the file (wc -l), hit and fill lines (grep), bytes read and written in the window (dev_read_bytes,
    // dev_write_bytes + nic_rx_bytes).
    [Theory]
    [InlineData("intel-nvme-seqwrite", 232_435, 40_022, 49_199, 201_326_592, 0)]
    [InlineData("intel-nvme-randrw", 395_701, 70_158, 49_234, 58_638_336, 142_782_464)]
    [InlineData("intel-e1000e-slirp", 594_748, 120_966, 49_201, 17_071_124, 26_846_895)]
    [InlineData("intel-nic-pair", 960_104, 256_645, 59_253, 39_489_013, 18_624_512 + 22_382_958)]
    // Two lists of 16 bytes of discarded ranges are read besides (opname NVME_NVM_CMD_DSM); no address_space_map line shows them.
    [InlineData("intel-mkfs-copy", 210_182, 26_821, 54_279, 112_103_424 + 32, 109_642_752)]
    [InlineData("intel-vfio-nested", 50_338, 13_688, 36, 20_577_280, 10_619_392)]
    [InlineData("intel-tracecmd", 54_336, 9_524, 6_183, 7_282_688, 17_883_136)]
    [InlineData("intel-perf", 47_403, 8_215, 6_182, 7_282_688, 17_883_136)]
    [InlineData("amd-nvme-randrw", 412_030, 69_789, 53_046, 58_638_336, 142_782_464)]
    [InlineData("smmuv3-nvme-randrw", 267_169, 35_574, 24_717, 29_794_304, 70_930_432)]
    [InlineData("sid-nvme-randrw", 242_133, 49_074, 24_650, 29_794_304, 70_930_432)]
    public void Translations_and_bytes_are_those_of_the_log(string name, long lines, long hits, long fills, long read, long written)
    {
        (WindowSink sink, QemuTraceBuilder builder) = logs.Of(name);
        Assert.Equal((lines, 0, 0), (builder.Statistics.Lines, builder.Statistics.BadLines, builder.Statistics.UnpairedTranslations));
        Assert.Equal((hits + fills, hits), (sink.Translations, sink.Hits));
        Assert.Equal((read, written), (sink.BytesRead, sink.BytesWritten));
        Assert.True(sink.IsOrdered);
    }

    // read_pages and written_pages: distinct 4 KiB pages of data.
    [Theory]
    [InlineData("intel-nvme-seqwrite", 512, 0)]
    [InlineData("intel-nvme-randrw", 663, 665)]
    [InlineData("intel-mkfs-copy", 3906, 215)]
    [InlineData("intel-vfio-nested", 1955, 568)]
    [InlineData("intel-tracecmd", 182, 183)]
    [InlineData("intel-perf", 178, 178)]
    [InlineData("amd-nvme-randrw", 632, 649)]
    [InlineData("smmuv3-nvme-randrw", 437, 480)]
    [InlineData("sid-nvme-randrw", 450, 511)]
    public void Data_pages_are_those_of_the_log(string name, int read, int written)
    {
        WindowSink sink = logs.Of(name).Sink;
        Assert.Equal((read, written), (sink.PagesRead.Count, sink.PagesWritten.Count));
    }

    [Fact]
    public void Written_pages_of_the_nested_guest_lie_in_few_large_ones()
    {
        WindowSink sink = logs.Of("intel-vfio-nested").Sink;
        Assert.InRange(sink.PagesWritten.Select(page => page >> 9).Distinct().Count(), 1, 15);
    }

    // 11 identify pages and 512 bytes of a list are written, 512 + 8 bytes read, before the window: as ftrace's FROM_DEVICE has it.
    [Fact]
    public void Before_the_window_there_is_what_the_driver_asked_the_controller()
    {
        WindowSink sink = logs.Of("intel-nvme-randrw").Sink;
        Assert.Equal((520L, 45_568L), (sink.BytesReadOutside, sink.BytesWrittenOutside));
    }

    // Every translation against its own lines, read here in another way: the page entry's address and permission, to the byte.
    [Theory]
    [InlineData("intel-nvme-randrw")]
    [InlineData("intel-nic-pair")]
    [InlineData("intel-vfio-nested")]
    [InlineData("amd-nvme-randrw")]
    [InlineData("smmuv3-nvme-randrw")]
    public void Every_translation_is_reproduced(string name)
    {
        using MemoryStream log = Recordings.OpenWhole(name + ".qemu.log");
        List<TraceEvent> seen = [];
        QemuLog.Read(log, name, skipBad: false, new TranslationSink(seen));
        log.Position = 0;
        using StreamReader reader = new(log);
        int at = 0;
        ulong byteOf = 0, entry = 0;
        while (reader.ReadLine() is { } line)
        {
            if (line.Contains(":vtd_iotlb_page_", StringComparison.Ordinal)) (byteOf, entry) = (Number(line, " iova "), Number(line, " slpte "));
            else if (line.Contains(":vtd_dmar_translate", StringComparison.Ordinal))
            {
                ulong mask = Number(line, " mask ");
                Assert.Equal(byteOf & ~mask, Number(line, " iova "));
                Assert.Equal(entry & 0xF_FFFF_FFFF_F000 & ~mask, Number(line, " gpa "));
                Check(byteOf, (entry & 0xF_FFFF_FFFF_F000 & ~mask) | (byteOf & mask), mask + 1, (Permission)(entry & 3));
            }
            else if (line.Contains(":amdvi_translation_result", StringComparison.Ordinal)) Check(Number(line, " gpa "), Number(line, " hpa ") | (Number(line, " gpa ") & 4095), 4096, Permission.ReadWrite);
            else if (line.Contains(":smmuv3_translate_success", StringComparison.Ordinal)) Check(Number(line, " iova="), Number(line, " translated="), 4096, (Permission)Number(line, " perm="));
        }
        Assert.Equal(seen.Count, at);

        void Check(ulong iova, ulong target, ulong page, Permission permission)
        {
            TraceEvent e = seen[at++];
            if ((e.Iova, e.Target, e.Length, e.Permission) != (iova, target, page, permission)) Assert.Fail($"{name} translation {at}: {QemuLogs.Word(e)} for {iova:x} -> {target:x}");
        }
    }

    private static ulong Number(string line, string before)
    {
        int from = line.IndexOf(before, StringComparison.Ordinal) + before.Length + 2, to = from;
        while (to < line.Length && char.IsAsciiHexDigit(line[to])) to++;
        return ulong.Parse(line.AsSpan(from, to - from), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    /// <summary>Logs of whole recordings, each unpacked and read once for all tests that ask for it.</summary>
    public sealed class Logs
    {
        private readonly Dictionary<string, (WindowSink Sink, QemuTraceBuilder Builder)> known = [];

        internal (WindowSink Sink, QemuTraceBuilder Builder) Of(string name)
        {
            if (known.TryGetValue(name, out var read)) return read;
            WindowSink sink = new();
            return known[name] = (sink, QemuLog.Read(Recordings.OpenWhole(name + ".qemu.log"), name, skipBad: false, sink));
        }
    }

    private sealed class TranslationSink(List<TraceEvent> seen) : ITraceSink
    {
        public int AddText(string text) => 0;
        public void Append(in TraceEvent traceEvent, long sourceLine = 0)
        {
            if (traceEvent.Kind == EventKind.Translate) seen.Add(traceEvent);
        }
    }

    /// <summary>Adds up payload whose direction was recorded.</summary>
    internal sealed class WindowSink : ITraceSink
    {
        private readonly List<string> texts = [];
        private bool open;
        private long lastNs = long.MinValue;

        public long Translations { get; private set; }
        public long Hits { get; private set; }
        public long BytesRead { get; private set; }
        public long BytesWritten { get; private set; }
        public long BytesReadOutside { get; private set; }
        public long BytesWrittenOutside { get; private set; }
        public HashSet<ulong> PagesRead { get; } = [];
        public HashSet<ulong> PagesWritten { get; } = [];
        public bool IsOrdered { get; private set; } = true;

        public int AddText(string text)
        {
            texts.Add(text);
            return texts.Count - 1;
        }

        public void Append(in TraceEvent e, long sourceLine = 0)
        {
            IsOrdered &= e.TimeNs >= lastNs;
            lastNs = e.TimeNs;
            if (e.Kind == EventKind.Mark) open = texts[(int)e.Target] switch { "mark 2" => true, "mark 9" => false, _ => open };
            if (e.Kind == EventKind.Translate)
            {
                Translations++;
                if ((e.Flags & EventFlags.Hit) != 0) Hits++;
            }
            if (!e.IsData) return;
            bool read = e.Kind == EventKind.Read, recorded = (e.Flags & EventFlags.DirectionInferred) == 0;
            if (!open)
            {
                if (read) BytesReadOutside += (long)e.Length;
                else BytesWrittenOutside += (long)e.Length;
            }
            else if (recorded)
            {
                if (read) BytesRead += (long)e.Length;
                else BytesWritten += (long)e.Length;
                for (ulong page = e.Iova >> 12; page <= (e.Iova + (e.Length - 1)) >> 12; page++) (read ? PagesRead : PagesWritten).Add(page);
            }
        }
    }
}
