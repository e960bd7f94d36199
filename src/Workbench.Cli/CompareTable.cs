using System.Globalization;
using Workbench.Replay;

namespace Workbench.Cli;

/// <summary>Several replays of one trace side by side, in 80 columns.</summary>
internal static class CompareTable
{
    private const int Label = 17;
    private const int Column = 9;
    private const int Width = 80;

    private static readonly (string Name, Func<ReplaySummary, long> Value)[] Rows =
    [
        ("lookups", s => s.IotlbHits + s.IotlbMisses + s.DirtyRewalks),
        ("  IOTLB hits", s => s.IotlbHits),
        ("  IOTLB misses", s => s.IotlbMisses),
        ("  re-walks for D", s => s.DirtyRewalks),
        ("walks", s => s.Walks),
        ("PTE reads", s => s.TableReads),
        ("A updates", s => s.AccessedUpdates),
        ("D updates", s => s.DirtyUpdates),
        ("ATS requests", s => s.TranslationRequests),
        ("device TLB hits", s => s.DeviceTlbHits),
        ("commands", s => s.Commands),
        ("faults", s => s.Faults),
        ("dirty 4K, true", s => s.TrueDirty4K),
        ("  reported", s => s.ReportedDirty4K),
        ("  over-reported", s => s.OverReported4K),
        ("  missed", s => s.Missed4K),
        ("dirty leaves", s => s.ReportedDirtyLeaves),
        ("leaves split", s => s.LeavesSplit),
        ("  collapsed", s => s.LeavesCollapsed),
        ("refills", s => s.Refills),
        ("table KiB, peak", s => s.PeakTableBytes / 1024),
    ];

    public static void Print(TextWriter to, string title, IReadOnlyList<ReplaySummary> summaries, bool sameWrites, IReadOnlyList<string> leftOut)
    {
        ReplaySummary one = summaries[0];
        foreach (string line in ReplayTable.Wrap($"{one.Trace}: {title}", Width)) to.WriteLine(line);
        bool sameLeaves = summaries.All(s => s.PageSize == one.PageSize);
        foreach (string line in ReplayTable.Wrap(string.Create(CultureInfo.InvariantCulture, $"IOTLB {one.Iotlb}, view {one.View.ToString().ToLowerInvariant()}{(sameLeaves ? $", leaves {one.PageSize}" : "")}, {one.Harvests:n0} harvest{(one.Harvests == 1 ? "" : "s")}, flush {ExperimentOptions.NameOf(one.Flush)}{ReplayTable.Unusual(one)}"), Width)) to.WriteLine(line);
        // Rows that are 0 everywhere say nothing, but what was missed is always said.
        (string Name, Func<ReplaySummary, long> Value)[] rows = [.. Rows.Where(r => r.Name.Trim() == "missed" || summaries.Any(s => r.Value(s) != 0))];
        // As few blocks as fit the width, all of about the same number of columns.
        int blocks = (summaries.Count + ((Width - Label) / Column) - 1) / ((Width - Label) / Column);
        int columns = (summaries.Count + blocks - 1) / blocks;
        for (int first = 0; first < summaries.Count; first += columns)
        {
            ReplaySummary[] block = [.. summaries.Skip(first).Take(columns)];
            to.WriteLine();
            to.WriteLine("".PadRight(Label) + string.Concat(block.Select(s => s.Iommu.PadLeft(Column))));
            if (block.Any(s => s.Granule != "4K")) to.WriteLine("granule".PadRight(Label) + string.Concat(block.Select(s => s.Granule.PadLeft(Column))));
            if (!sameLeaves) to.WriteLine("leaves".PadRight(Label) + string.Concat(block.Select(s => s.PageSize.PadLeft(Column))));
            foreach ((string name, Func<ReplaySummary, long> value) in rows) to.WriteLine(name.PadRight(Label) + string.Concat(block.Select(s => Number(value(s)).PadLeft(Column))));
        }
        to.WriteLine();
        to.WriteLine(sameWrites
            ? string.Create(CultureInfo.InvariantCulture, $"Every column was given the same writes: {one.DistinctTrueDirty4K:n0} distinct 4 KiB pages.")
            : "The columns did not see the same writes: faults kept some from memory.");
        if (sameWrites && summaries.Any(s => s.TrueDirty4K != one.TrueDirty4K))
            foreach (string line in ReplayTable.Wrap("Sums over harvests differ because each model's harvests end at times of their own; --atomic-harvest removes that.", Width)) to.WriteLine(line);
        if (summaries.Sum(s => s.Missed4K) == 0) to.WriteLine("Nothing was missed.");
        else to.WriteLine("MISSED pages: written and not reported afterwards. A migration loses them.");
        foreach (string text in leftOut)
            foreach (string line in ReplayTable.Wrap("Left out: " + text, Width)) to.WriteLine(line);
        foreach (IGrouping<string, ReplaySummary> note in summaries.SelectMany(s => s.Notes.Select(n => (Note: n, Summary: s))).GroupBy(p => p.Note, p => p.Summary))
            foreach (string line in ReplayTable.Wrap($"Note{(note.Count() == summaries.Count ? "" : $" ({string.Join(", ", note.Select(s => s.Iommu))})")}: {note.Key}", Width)) to.WriteLine(line);
    }

    /// <summary>Exact up to eight digits; beyond, in millions.</summary>
    private static string Number(long value) => value < 100_000_000 ? value.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:f1}M");
}
