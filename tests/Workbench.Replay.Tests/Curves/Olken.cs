namespace Workbench.Replay.Tests.Curves;

/// <summary>
/// Stack distances after Olken (1981): a tree over time holds one mark for each page, at its last use; the marks after a page's own are the pages used since. No
/// invalidations; a Fenwick tree over the whole trace.
/// </summary>
internal sealed class Olken(int references)
{
    private readonly int[] marks = new int[references + 1];
    private readonly Dictionary<ulong, int> lastUse = [];
    private readonly Dictionary<int, long> distances = [];
    private int now;

    /// <summary>Misses of a cache of so many entries.</summary>
    public long MissesOf(int entries) => now - distances.Where(d => d.Key < entries).Sum(d => d.Value);

    public void Reference(ulong page)
    {
        now++;
        if (lastUse.TryGetValue(page, out int before))
        {
            int distance = Sum(now - 1) - Sum(before);
            distances[distance] = distances.GetValueOrDefault(distance) + 1;
            Add(before, -1);
        }
        lastUse[page] = now;
        Add(now, 1);
    }

    private void Add(int at, int value)
    {
        for (; at < marks.Length; at += at & -at) marks[at] += value;
    }

    private int Sum(int to)
    {
        int sum = 0;
        for (; to > 0; to -= to & -to) sum += marks[to];
        return sum;
    }
}
