namespace Workbench.Replay.Trackers;

/// <summary>The few ranges that a device can log, in 4 KiB pages.</summary>
internal sealed class DeviceLogRanges
{
    private readonly (ulong FirstPage, ulong LastPage)[] ranges;

    private DeviceLogRanges((ulong, ulong)[] ranges) => this.ranges = ranges;

    /// <summary>No range at all.</summary>
    public static DeviceLogRanges None { get; } = new([]);

    public IReadOnlyList<(ulong FirstPage, ulong LastPage)> All => ranges;

    /// <summary>
    /// Ranges over pieces of memory: each grown to whole pages of the device, the neighbours with the smallest gap merged until there are no more than
    /// <paramref name="most"/>, the last one lengthened until the lengths sum up to a power of two (mlx5), which is the room for what is mapped later.
    /// Where nothing is known yet, everything up to <paramref name="lastPage"/>.
    /// </summary>
    public static DeviceLogRanges Over(IReadOnlyList<(ulong FirstPage, ulong LastPage)> memory, int most, int pageLog2, ulong lastPage)
    {
        ulong unit = (1UL << (pageLog2 - 12)) - 1;
        if (memory.Count == 0) return new([(0, lastPage | unit)]);
        List<(ulong FirstPage, ulong LastPage)> pieces = [];
        foreach ((ulong first, ulong last) in memory.Order())
        {
            (ulong from, ulong to) = (first & ~unit, last | unit);
            if (pieces.Count > 0 && from <= pieces[^1].LastPage + 1) pieces[^1] = (pieces[^1].FirstPage, Math.Max(to, pieces[^1].LastPage));
            else pieces.Add((from, to));
        }
        // What is left apart are the widest gaps.
        HashSet<int> apart = [.. Enumerable.Range(1, pieces.Count - 1).OrderByDescending(i => pieces[i].FirstPage - pieces[i - 1].LastPage).Take(most - 1)];
        List<(ulong FirstPage, ulong LastPage)> merged = [pieces[0]];
        for (int i = 1; i < pieces.Count; i++)
        {
            if (apart.Contains(i)) merged.Add(pieces[i]);
            else merged[^1] = (merged[^1].FirstPage, pieces[i].LastPage);
        }
        ulong sum = 0;
        foreach ((ulong first, ulong last) in merged) sum += last - first + 1;
        ulong room = System.Numerics.BitOperations.RoundUpToPowerOf2(sum) - sum;
        merged[^1] = (merged[^1].FirstPage, Math.Max(merged[^1].LastPage, Math.Min(merged[^1].LastPage + room, lastPage | unit)));
        return new([.. merged]);
    }

    /// <summary>Do the ranges hold all of these pages? Ranges never touch, so one of them has to.</summary>
    public bool Cover(ulong firstPage, ulong lastPage)
    {
        foreach ((ulong first, ulong last) in ranges)
            if (firstPage >= first && lastPage <= last) return true;
        return false;
    }
}
