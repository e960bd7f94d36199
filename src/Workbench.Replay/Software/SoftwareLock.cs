using System.Diagnostics;

namespace Workbench.Replay.Software;

/// <summary>What only one thread of software may hold; others wait in the order in which they came.</summary>
internal sealed class SoftwareLock
{
    private readonly Queue<SoftwareThread> waiting = [];
    private bool isTaken;

    /// <summary>Waits until it is this thread's turn; to be enumerated by the thread that runs.</summary>
    public IEnumerable<long> Take(SoftwareClock clock)
    {
        if (!isTaken)
        {
            isTaken = true;
            yield break;
        }
        waiting.Enqueue(clock.Current ?? throw new UnreachableException("only a thread can wait"));
        yield return SoftwareThread.Parked;
    }

    /// <summary>Hands it to who has waited longest; who lets it go and takes it again comes after them.</summary>
    public void Release(SoftwareClock clock)
    {
        if (waiting.TryDequeue(out SoftwareThread? next)) clock.Wake(next, clock.NowNs);
        else isTaken = false;
    }
}
