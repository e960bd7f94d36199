using Workbench.Traces.Importers;

namespace Workbench.Traces.Join;

/// <summary>How the guest's clock lies to the QEMU log's: an offset that may move slowly, known at knots.</summary>
internal sealed class ClockAlignment
{
    private readonly List<(long GuestNs, long OffsetNs)> knots;

    public ClockAlignment(string method, List<(long GuestNs, long OffsetNs)> knots, int paired)
    {
        (Method, this.knots, Paired) = (method, knots, paired);
    }

    /// <summary>How it was found, for the provenance.</summary>
    public string Method { get; }
    /// <summary>Pairs (or observations) it rests on.</summary>
    public int Paired { get; }
    /// <summary>Offset at the first knot: QEMU time = guest time + offset.</summary>
    public long OffsetNs => knots[0].OffsetNs;
    /// <summary>Largest less smallest offset over the run.</summary>
    public long DriftNs => knots.Max(k => k.OffsetNs) - knots.Min(k => k.OffsetNs);

    /// <summary>Guest time on the QEMU log's clock.</summary>
    public long ToQemu(long guestNs)
    {
        int low = 0, high = knots.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (knots[middle].GuestNs <= guestNs) low = middle;
            else high = middle - 1;
        }
        return guestNs + knots[low].OffsetNs;
    }

    /// <summary>From bracketed marks alone: good to some tens of milliseconds, enough to seed the exact methods.</summary>
    public static ClockAlignment? FromMarks(SortedDictionary<int, (long Before, long After)> guest, SortedDictionary<int, long> host)
    {
        List<(long, long)> knots = [];
        foreach ((int mark, (long before, long after)) in guest)
            if (host.TryGetValue(mark, out long hostNs)) knots.Add((before + ((after - before) / 2), hostNs - (before + ((after - before) / 2))));
        knots.Sort();
        return knots.Count == 0 ? null : new("marks", knots, knots.Count);
    }

    /// <summary>
    /// In strict mode an unmap is followed at once by the invalidation of its address. Over some hundred unmaps the true offset is the one
    /// most equal-address pairs agree on.
    /// </summary>
    public static ClockAlignment? FromInvalidations(List<GuestStep> steps, List<InvalidationSeen> invalidations, ClockAlignment seed, long reachNs)
    {
        const int PerKnot = 400;
        const long BinNs = 40_000, CloseNs = 400_000;
        Dictionary<ulong, List<long>> byAddress = [];
        foreach ((long ns, ulong iova, _, _) in invalidations)
        {
            if (!byAddress.TryGetValue(iova, out List<long>? list)) byAddress[iova] = list = [];
            list.Add(ns);
        }
        List<GuestStep> unmaps = steps.FindAll(s => !s.IsMap);
        List<(long, long)> knots = [];
        int paired = 0;
        for (int from = 0, to; from < unmaps.Count; from = to)
        {
            List<long> differences = [];
            // A short rest would be a knot of chance: it belongs to the knot before.
            to = unmaps.Count - from < PerKnot * 3 / 2 ? unmaps.Count : from + PerKnot;
            for (int i = from; i < to; i++)
            {
                if (!byAddress.TryGetValue(unmaps[i].Iova, out List<long>? times)) continue;
                long expected = seed.ToQemu(unmaps[i].GuestNs);
                int at = times.BinarySearch(expected - reachNs);
                for (at = at < 0 ? ~at : at; at < times.Count && times[at] <= expected + reachNs; at++) differences.Add(times[at] - unmaps[i].GuestNs);
            }
            if (differences.Count == 0) continue;
            Dictionary<long, int> bins = [];
            foreach (long d in differences) bins[FloorDivide(d, BinNs)] = bins.GetValueOrDefault(FloorDivide(d, BinNs)) + 1;
            long best = bins.Keys.Order().MaxBy(b => bins.GetValueOrDefault(b - 1) + bins[b] + bins.GetValueOrDefault(b + 1)) * BinNs;
            List<long> close = differences.FindAll(d => Math.Abs(d - best) < CloseNs);
            if (close.Count < (to - from + 3) / 4) continue;
            close.Sort();
            paired += close.Count;
            knots.Add((unmaps[from].GuestNs, close[close.Count / 2]));
        }
        return knots.Count == 0 ? null : new("unmaps paired with invalidations of the same address", knots, paired);
    }

    private static long FloorDivide(long value, long by) => value >= 0 ? value / by : -((-value + by - 1) / by);

    /// <summary>
    /// Without addressed invalidations: every observed translation must fall into a mapping of the same page to the same frame, so each
    /// bounds the offset from both sides. The offset most observations allow wins; of equals the one nearest the seed.
    /// </summary>
    public static ClockAlignment? FromTranslations(List<GuestStep> steps, List<(long QemuNs, ulong Iova, ulong Physical)> observations, ClockAlignment seed, long reachNs)
    {
        ulong[] observedPages = [.. observations.Select(o => o.Iova >> 12).Distinct().Order()];
        Dictionary<(ulong, ulong), List<(long From, long To)>> lives = MappingLives(steps, observedPages);
        List<(long OffsetNs, int Change)> edges = [];
        long middle = steps.Count == 0 ? 0 : steps[steps.Count / 2].GuestNs;
        long seedOffset = seed.ToQemu(middle) - middle;
        foreach ((long ns, ulong iova, ulong physical) in observations)
        {
            if (!lives.TryGetValue((iova >> 12, physical >> 12), out List<(long From, long To)>? list)) continue;
            foreach ((long from, long to) in list)
            {
                long lowest = to == long.MaxValue ? seedOffset - reachNs : Math.Max(ns - to, seedOffset - reachNs), highest = Math.Min(ns - from, seedOffset + reachNs);
                if (lowest > highest) continue;
                edges.Add((lowest, 1));
                edges.Add((highest + 1, -1));
            }
        }
        if (edges.Count == 0) return null;
        edges.Sort();
        int depth = 0, most = 0;
        long bestFrom = seedOffset, bestTo = seedOffset, bestDistance = long.MaxValue;
        for (int i = 0; i < edges.Count; i++)
        {
            depth += edges[i].Change;
            if (i + 1 < edges.Count && edges[i + 1].OffsetNs == edges[i].OffsetNs) continue;
            long from = edges[i].OffsetNs, to = i + 1 < edges.Count ? edges[i + 1].OffsetNs - 1 : from;
            long distance = Math.Abs(Math.Clamp(seedOffset, from, to) - seedOffset);
            if (depth < most || (depth == most && distance >= bestDistance)) continue;
            (most, bestFrom, bestTo, bestDistance) = (depth, from, to, distance);
        }
        // A narrow optimum is taken at its middle; a wide one (mappings that live for seconds) where the marks put it.
        long offset = bestTo - bestFrom < 2_000_000 ? (bestFrom + bestTo) / 2 : Math.Clamp(seedOffset, bestFrom, bestTo);
        return new("translations inside mappings of the same page and frame", [(long.MinValue / 2, offset)], most);
    }

    /// <summary>When each page that was observed was mapped to which frame; of a mapping of terabytes no other page is looked at.</summary>
    private static Dictionary<(ulong, ulong), List<(long From, long To)>> MappingLives(List<GuestStep> steps, ulong[] observedPages)
    {
        Dictionary<(ulong, ulong), List<(long, long)>> lives = [];
        Dictionary<ulong, (ulong Frame, long From)> open = [];
        foreach (GuestStep step in steps)
        {
            ulong firstPage = step.Iova >> 12, lastPage = (step.Iova + (step.Length - 1)) >> 12;
            int at = Array.BinarySearch(observedPages, firstPage);
            for (at = at < 0 ? ~at : at; at < observedPages.Length && observedPages[at] <= lastPage; at++)
            {
                ulong page = observedPages[at];
                if (open.Remove(page, out (ulong Frame, long From) live)) Add(page, live.Frame, live.From, step.GuestNs);
                if (step.IsMap) open[page] = ((step.Physical >> 12) + (page - firstPage), step.GuestNs);
            }
        }
        foreach ((ulong page, (ulong frame, long from)) in open) Add(page, frame, from, long.MaxValue);
        return lives;

        void Add(ulong page, ulong frame, long from, long to)
        {
            if (!lives.TryGetValue((page, frame), out List<(long, long)>? list)) lives[(page, frame)] = list = [];
            list.Add((from, to));
        }
    }
}
