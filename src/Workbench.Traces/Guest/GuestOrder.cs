namespace Workbench.Traces.Guest;

/// <summary>Sees to it that a guest's events come in the order of their times.</summary>
internal sealed class GuestOrder(string name, bool skipBad)
{
    private long lastNs = long.MinValue;

    /// <summary>Events passed over because their time goes back.</summary>
    public long BadEvents { get; private set; }

    /// <summary>Is the event at or after the one before? If not it is an error, or counted where bad input is skipped.</summary>
    public bool Accepts(in GuestEvent e)
    {
        if (e.TimeNs >= lastNs)
        {
            lastNs = e.TimeNs;
            return true;
        }
        if (!skipBad) throw new TraceFormatException($"{name} line {e.Line}: time goes back by {lastNs - e.TimeNs} ns. Events must be in time order; export the trace sorted (ftrace and trace-cmd report do), or pass --skip-bad to drop such events.");
        BadEvents++;
        return false;
    }
}
