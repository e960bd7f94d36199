namespace Workbench.Replay.Software;

/// <summary>
/// Software that works while the trace's DMA goes on. Nothing it does is a moment: its threads take trace time, the replayer lets each DMA in at
/// its own time, and what happens in between happens in the model as it would in a machine.
/// </summary>
internal sealed class SoftwareClock
{
    private readonly List<SoftwareThread> threads = [];

    /// <summary>The time of the thread that runs, or ran last.</summary>
    public long NowNs { get; private set; }
    /// <summary>How far the thread that runs may go on by itself: then DMA or another thread is due.</summary>
    public long UntilNs { get; private set; }
    /// <summary>The thread that runs.</summary>
    public SoftwareThread? Current { get; private set; }
    /// <summary>When the next thread is due.</summary>
    public long NextNs { get; private set; } = SoftwareThread.Parked;

    public SoftwareThread Start(IEnumerable<long> steps, long atNs)
    {
        SoftwareThread thread = new(steps.GetEnumerator(), atNs);
        threads.Add(thread);
        NextNs = Math.Min(NextNs, atNs);
        return thread;
    }

    /// <summary>Lets a thread go on at a time, whatever it waited for.</summary>
    public void Wake(SoftwareThread thread, long atNs)
    {
        thread.WakeAt(atNs);
        NextNs = Earliest(except: null);
    }

    /// <summary>Does all that happens up to <paramref name="nowNs"/>, threads due at the same time in the order in which they were started.</summary>
    public void AdvanceTo(long nowNs)
    {
        while (NextNs <= nowNs)
        {
            SoftwareThread next = threads.MinBy(t => t.DueNs)!;
            (NowNs, UntilNs) = (next.DueNs, Math.Min(nowNs, Earliest(except: next)));
            Current = next;
            next.Step();
            if (next.HasEnded) threads.Remove(next);
            NextNs = Earliest(except: null);
        }
    }

    private long Earliest(SoftwareThread? except)
    {
        long earliest = SoftwareThread.Parked;
        foreach (SoftwareThread thread in threads)
            if (thread != except && thread.DueNs < earliest) earliest = thread.DueNs;
        return earliest;
    }
}
