namespace Workbench.Replay.Software;

/// <summary>A thread of software: an iterator that yields how long, in ns, what it just did takes (or how long it waits).</summary>
internal sealed class SoftwareThread(IEnumerator<long> steps, long dueNs)
{
    /// <summary>What a thread yields that waits until it is woken.</summary>
    public const long Parked = long.MaxValue;

    /// <summary>When it goes on.</summary>
    public long DueNs { get; private set; } = dueNs;
    public bool HasEnded { get; private set; }

    /// <summary>Goes on at the time it is due.</summary>
    public void Step()
    {
        if (!steps.MoveNext())
        {
            HasEnded = true;
            DueNs = Parked;
        }
        else DueNs = DueNs >= Parked - steps.Current ? Parked : DueNs + steps.Current;
    }

    /// <summary>Ends its wait at a time.</summary>
    public void WakeAt(long ns) => DueNs = ns;
}
