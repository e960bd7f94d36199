using System.Globalization;
using Workbench.Replay;
using Workbench.Traces.Native;

namespace Workbench.Cli;

/// <summary>The summary a person reads, in 80 columns.</summary>
internal static class ReplayTable
{
    private const int ShownMissed = 10;
    private const int ShownPages = 5;
    private const int ChartColumns = 64;

    public static void Print(TextWriter to, ReplaySummary s, ReplayResult r, PageLog? pages, DmatReader reader)
    {
        foreach (string line in Wrap($"{s.Trace}: {reader.Provenance.Title}", 80)) to.WriteLine(line);
        foreach (string line in Wrap($"{s.Iommu}, IOTLB {s.Iotlb}, {ViewText(s)}, leaves {s.PageSize}, {s.Harvests:n0} harvest{(s.Harvests == 1 ? "" : "s")}, flush {ExperimentOptions.NameOf(s.Flush)}{Unusual(s)}", 80)) to.WriteLine(line);
        to.WriteLine();
        Row(to, "Trace", $"{s.Events:n0} events, {s.Accesses:n0} accesses in {s.DurationSeconds:n1} s");
        Row(to, "Payload", $"{ByteSize.Show(s.BytesWritten)} written, {ByteSize.Show(s.BytesRead)} read");
        Row(to, "Rings", $"{ByteSize.Show(s.RingBytesWritten)} written, {ByteSize.Show(s.RingBytesRead)} read");
        Row(to, "IOTLB", $"{s.IotlbHits:n0} hits, {s.IotlbMisses:n0} misses, {s.DirtyRewalks:n0} re-walks to set D");
        Row(to, "Commands", $"{s.Invalidations:n0} invalidations ({s.Commands:n0} descriptors)");
        if (s.Faults > 0) Row(to, "Faults", $"{s.Faults:n0}, the first: {r.FirstFaults[0]}");
        if (s.UnmappedAccesses > 0) Row(to, "Left out", $"{s.UnmappedAccesses:n0} accesses to addresses the trace never maps");
        if (s.InterruptWrites > 0) Row(to, "Left out", $"{s.InterruptWrites:n0} interrupt writes (not memory)");
        if (reader.SkippedEvents > 0) Row(to, "Damaged", $"{reader.SkippedEvents:n0} events in {reader.SkippedBlocks:n0} blocks could not be read");
        to.WriteLine();
        Cells(to, "Dirty, summed over harvests", "4 KiB pages", "leaves");
        Cells(to, "  truly written", $"{s.TrueDirty4K:n0}", "");
        Cells(to, "  reported", $"{s.ReportedDirty4K:n0}", $"{s.ReportedDirtyLeaves:n0}");
        Cells(to, "  over-reported", $"{s.OverReported4K:n0}", $"{s.OverReportedLeaves:n0}");
        Cells(to, "  missed", $"{s.Missed4K:n0}", "");
        to.WriteLine();
        Cells(to, "Distinct over the whole run", "by payload", "with rings");
        Cells(to, "  4 KiB pages written", $"{s.DistinctTrueDataDirty4K:n0}", $"{s.DistinctTrueDirty4K:n0}");
        Cells(to, "  2 MiB regions they lie in", $"{s.DistinctTrueDataDirty2M:n0}", $"{s.DistinctTrueDirty2M:n0}");
        Cells(to, "  1 GiB regions", "", $"{s.DistinctTrueDirty1G:n0}");
        to.WriteLine();
        to.WriteLine("To send, once per harvest, if dirty memory is tracked in units of");
        Cells(to, "  4 KiB", ByteSize.Show(s.BytesToSendAt4K), "");
        Cells(to, "  2 MiB", ByteSize.Show(s.BytesToSendAt2M), Times(s.BytesToSendAt2M, s.BytesToSendAt4K));
        Cells(to, "  1 GiB", ByteSize.Show(s.BytesToSendAt1G), Times(s.BytesToSendAt1G, s.BytesToSendAt4K));
        Cells(to, "  as reported in this replay", ByteSize.Show(s.BytesReported), Times(s.BytesReported, s.BytesToSendAt4K));
        CostTable.Print(to, s, r);
        Chart(to, r);
        Hottest(to, pages);
        Verdict(to, s, r);
        foreach (string note in s.Notes)
            foreach (string line in Wrap("Note: " + note, 80)) to.WriteLine(line);
    }

    /// <summary>What the header names only if it was chosen.</summary>
    internal static string Unusual(ReplaySummary s)
    {
        Experiment usual = new();
        return string.Concat(
            s.AddressBits == usual.AddressBits ? "" : $", {s.AddressBits} address bits",
            s.DeviceTlb == usual.DeviceTlb ? "" : $", device TLB {s.DeviceTlb}",
            s.Driver == usual.Driver ? "" : $", driver {s.Driver}",
            s.DirtyOrder == usual.DirtyOrder ? "" : $", dirty order {s.DirtyOrder}",
            s.Tracker == usual.Tracker ? "" : $", tracker {s.Tracker}",
            s.Policy == usual.Policy ? "" : $", policy {s.Policy} to {s.SplitTo}",
            s.Collapse == usual.Collapse ? "" : $", collapse {s.Collapse}",
            s.Unsound == usual.Unsound ? "" : $", unsound: {s.Unsound}",
            s.Quirks == usual.Quirks ? "" : $", quirks {s.Quirks}",
            s.Loop == usual.Loop ? "" : $", {s.Loop} loop");
    }

    private static string ViewText(ReplaySummary s) => s.View == View.Iova ? "view iova" : "view gpa (device passed through)";

    private static string Times(ulong more, ulong less) => less == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{(double)more / less:n1} x");

    private static void Row(TextWriter to, string name, FormattableString text)
    {
        string[] lines = [.. Wrap(text.ToString(CultureInfo.InvariantCulture), 68)];
        for (int i = 0; i < lines.Length; i++) to.WriteLine((i == 0 ? name : "").PadRight(12) + lines[i]);
    }

    private static void Cells(TextWriter to, string name, string first, string second) => to.WriteLine((name.PadRight(40) + first.PadLeft(16) + second.PadLeft(14)).TrimEnd());

    private static void Cells(TextWriter to, string name, FormattableString first, FormattableString second) =>
        Cells(to, name, first.ToString(CultureInfo.InvariantCulture), second.ToString(CultureInfo.InvariantCulture));

    private static void Cells(TextWriter to, string name, FormattableString first, string second) => Cells(to, name, first.ToString(CultureInfo.InvariantCulture), second);

    private static void Chart(TextWriter to, ReplayResult r)
    {
        if (r.Harvests.Count < 2) return;
        long first = r.Harvests[0].BeginNs, last = r.Harvests[^1].EndNs;
        if (last <= first) return;
        long[] columns = new long[ChartColumns];
        foreach (HarvestRow row in r.Harvests)
        {
            int at = (int)Math.Min(ChartColumns - 1, (row.BeginNs - first) / (double)(last - first) * ChartColumns);
            columns[at] = Math.Max(columns[at], row.True4K);
        }
        long most = columns.Max();
        if (most == 0) return;
        const string Levels = " .:-=+*#%@";
        to.WriteLine();
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Pages written per harvest over time ('@' = {most:n0}, the most; ' ' = none)"));
        to.WriteLine("  |" + string.Concat(columns.Select(c => Levels[c == 0 ? 0 : 1 + (int)((c * (Levels.Length - 2)) / most)])) + "|");
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {first / 1e9:f1} s") + string.Create(CultureInfo.InvariantCulture, $"{last / 1e9:f1} s").PadLeft(ChartColumns - 4));
    }

    private static void Hottest(TextWriter to, PageLog? pages)
    {
        if (pages is null) return;
        PageHistory[] top = [.. pages.Reported.OrderByDescending(p => p.Harvests).ThenBy(p => p.Domain.Value).ThenBy(p => p.FirstPage).Take(ShownPages)];
        if (top.Length == 0) return;
        to.WriteLine();
        to.WriteLine("Reported most often (all in leaves.csv and pages.csv with --out)");
        foreach (PageHistory p in top)
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  0x{p.FirstPage << 12:x}, {ByteSize.Show(1UL << p.SizeLog2)}: in {p.Harvests:n0} harvests, last at {p.LastNs / 1e9:f3} s"));
    }

    private static void Verdict(TextWriter to, ReplaySummary s, ReplayResult r)
    {
        to.WriteLine();
        foreach (string line in Wrap(r.Verdict, 80)) to.WriteLine(line);
        if (r.VerdictLimit is { } limit)
            foreach (string line in Wrap(limit, 80)) to.WriteLine(line);
        foreach (MissedPage page in r.MissedPages.Take(ShownMissed))
            to.WriteLine($"  {page}");
        if (s.Missed4K > ShownMissed) to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  and {s.Missed4K - ShownMissed:n0} more (missed.csv with --out)"));
        foreach (string cause in r.MissedCauses)
            foreach (string line in Wrap("Cause: " + cause + ".", 80)) to.WriteLine(line);
    }

    internal static IEnumerable<string> Wrap(string text, int width)
    {
        string line = "";
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "";
            }
            line = line.Length == 0 ? word : line + " " + word;
        }
        yield return line;
    }
}
