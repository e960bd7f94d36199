namespace Workbench.Replay.Software;

/// <summary>What only one thread of software may hold; others wait in the order in which they came.</summary>
internal sealed class SoftwareLock
{
    private readonly Queue<SoftwareThread> waiting = [];
    private bool isTaken;

    /// <summary>Waits until nobody holds it, and takes it; to be enumerated by the thread that runs.</summary>
    public IEnumerable<long> Take(SoftwareClock clock)
    {
        while (isTaken)
        {
            if (clock.Current is { } thread) waiting.Enqueue(thread);
            yield return SoftwareThread.Parked;
        }
        isTaken = true;
    }

    /// <summary>Lets the next one have it.</summary>
    public void Release(SoftwareClock clock)
    {
        isTaken = false;
        if (waiting.TryDequeue(out SoftwareThread? next)) clock.Wake(next, clock.NowNs);
    }
}
