namespace Workbench.Replay.Harvests;

/// <summary>When the next harvest begins: at a fixed interval, as fast as it goes, or so that harvests take a fixed share of the time.</summary>
internal readonly record struct HarvestSchedule(long LeastNs, long MostNs)
{
    /// <summary>Back to back still leaves the software this long to do something else.</summary>
    private const long Breath = 1_000;
    /// <summary>An adaptive interval is this many times as long as the last harvest took: 5 % of one CPU.</summary>
    private const long IntervalPerHarvest = 20;
    private const string AdaptivePrefix = "adaptive:";

    /// <summary>Is there only the last harvest?</summary>
    public bool IsOnlyAtEnd => MostNs == 0;

    public static bool TryParse(string text, out HarvestSchedule schedule)
    {
        schedule = default;
        if (text == "asap") schedule = new(Breath, Breath);
        else if (text.StartsWith(AdaptivePrefix, StringComparison.Ordinal))
        {
            string[] ends = text[AdaptivePrefix.Length..].Split('-');
            if (ends.Length != 2 || !Duration.TryParse(ends[0], out long least) || !Duration.TryParse(ends[1], out long most) || least < 1 || most < least) return false;
            schedule = new(least, most);
        }
        else if (Duration.TryParse(text, out long every) && every >= 0) schedule = new(every, every);
        else return false;
        return true;
    }

    /// <summary>An interval after a time, or never.</summary>
    public long First(long nowNs) => After(nowNs, LeastNs);

    /// <summary>When the harvest after one that began and ended then is due; it may be due already.</summary>
    public long Next(long beganNs, long endedNs) => After(beganNs, Math.Clamp(Math.Min(endedNs - beganNs, MostNs) * IntervalPerHarvest, LeastNs, MostNs));

    private static long After(long nowNs, long intervalNs) => intervalNs > 0 && nowNs <= long.MaxValue - intervalNs ? nowNs + intervalNs : long.MaxValue;
}
