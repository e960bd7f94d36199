using System.Numerics;
using System.Globalization;
using System.Text.RegularExpressions;
using Workbench.Iommu;
using Workbench.Iommu.Vtd;
using Workbench.Traces;
using Workbench.Traces.Native;
using Xunit;

namespace Workbench.Replay.Tests.Recorded;

/// <summary>The paging entries QEMU printed against the format, with a reader of its own for the log.</summary>
public partial class RecordedLeafTests
{
    private sealed record Line(ulong Entry, ulong Gpa, ulong Mask);

    [Theory]
    [InlineData("intel-nvme-randrw", 119_392)]
    [InlineData("intel-mkfs-copy", 81_100)]
    [InlineData("intel-vfio-nested", 13_724)]
    [InlineData("intel-tracecmd", 15_707)]
    [InlineData("intel-nvme-seqwrite", 89_221)]
    [InlineData("intel-nic-pair", 315_898)]
    public void Every_printed_entry_is_the_leaf_the_format_encodes(string name, int translations)
    {
        List<Line> printed = Printed(name);
        Assert.Equal(translations, printed.Count);
        // By what the log says of the translation...
        foreach (Line line in printed) Assert.Equal(line.Entry, VtdSecondStageFormat.EncodeLeaf(line.Gpa & ~line.Mask, LevelOf(line.Mask + 1), BitOperations.Log2(line.Mask + 1), (Permission)(line.Entry & 3)));
        // ...and by what the imported trace says.
        List<TraceEvent> imported = Translations(name);
        Assert.Equal(translations, imported.Count);
        for (int i = 0; i < translations; i++)
        {
            TraceEvent e = imported[i];
            Assert.Equal(printed[i].Entry, VtdSecondStageFormat.EncodeLeaf(e.Target & ~(e.Length - 1), LevelOf(e.Length), BitOperations.Log2(e.Length), e.Permission));
        }
    }

    private static int LevelOf(ulong bytes) => bytes switch { 1UL << 12 => 0, 1UL << 21 => 1, 1UL << 30 => 2, _ => throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "no page size") };

    /// <summary>Each translation with the entry that the same thread printed before it.</summary>
    private static List<Line> Printed(string name)
    {
        using StreamReader log = RecordedTraces.OpenLog(name);
        Dictionary<string, ulong> entryOfThread = [];
        List<Line> lines = [];
        while (log.ReadLine() is { } line)
        {
            if (EntryLine().Match(line) is { Success: true } entry) entryOfThread[entry.Groups[1].Value] = Hex(entry.Groups[2]);
            else if (TranslationLine().Match(line) is { Success: true } translation) lines.Add(new(entryOfThread[translation.Groups[1].Value], Hex(translation.Groups[2]), Hex(translation.Groups[3])));
        }
        return lines;

        static ulong Hex(Group group) => ulong.Parse(group.ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    private static List<TraceEvent> Translations(string name)
    {
        using DmatReader reader = RecordedTraces.Open(name);
        List<(long Line, TraceEvent Event)> found = [];
        TraceEvent[] batch = new TraceEvent[1024];
        long[] lines = new long[1024];
        for (int got; (got = reader.Read(batch, lines)) > 0;)
            for (int i = 0; i < got; i++)
                if (batch[i].Kind == EventKind.Translate) found.Add((lines[i], batch[i]));
        return [.. found.OrderBy(f => f.Line).Select(f => f.Event)];
    }

    [GeneratedRegex(@"^(\d+)@[\d.]+:vtd_iotlb_page_(?:hit|update) .* slpte 0x([0-9a-f]+) domain")]
    private static partial Regex EntryLine();

    [GeneratedRegex(@"^(\d+)@[\d.]+:vtd_dmar_translate dev \S+ iova 0x[0-9a-f]+ -> gpa 0x([0-9a-f]+) mask 0x([0-9a-f]+)")]
    private static partial Regex TranslationLine();
}
