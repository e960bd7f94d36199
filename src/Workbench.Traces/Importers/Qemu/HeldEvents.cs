namespace Workbench.Traces.Importers.Qemu;

/// <summary>
/// Events that wait because an access among them is not settled yet: its length or direction shows only some lines later. Order is kept
/// by reserving the access's place.
/// </summary>
internal sealed class HeldEvents(ITraceSink sink)
{
    private readonly List<(TraceEvent Event, long Line, bool Ready)> held = [];
    private int unsettled;

    /// <summary>Events waiting now.</summary>
    public int Count => held.Count;

    /// <summary>Appends a settled event; it leaves at once if nothing before it waits.</summary>
    public void Append(in TraceEvent e, long line)
    {
        if (unsettled == 0) sink.Append(e, line);
        else held.Add((e, line, true));
    }

    /// <summary>Reserves the place of an access that will be settled later.</summary>
    public int Reserve()
    {
        unsettled++;
        held.Add(default);
        return held.Count - 1;
    }

    /// <summary>Moves a reserved place to the end: the access happens after what was appended meanwhile.</summary>
    public int Move(int place)
    {
        if (place == held.Count - 1) return place;
        held.Add(default);
        return held.Count - 1;
    }

    /// <summary>Settles a reserved access.</summary>
    public void Settle(int place, in TraceEvent e, long line)
    {
        held[place] = (e, line, true);
        Release();
    }

    /// <summary>Gives a reserved place up: there was no access.</summary>
    public void Abandon() => Release();

    private void Release()
    {
        if (--unsettled > 0) return;
        foreach ((TraceEvent e, long line, bool ready) in held)
            if (ready) sink.Append(e, line);
        held.Clear();
    }
}
