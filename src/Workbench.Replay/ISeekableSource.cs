namespace Workbench.Replay;

/// <summary>A source with an index: it can begin in the middle, and pass over what a window does not need.</summary>
public interface ISeekableSource : ITraceSource
{
    /// <summary>Time of the trace's first event, ns; 0 in an empty trace.</summary>
    long FirstTimeNs { get; }

    /// <summary>Events passed over so far.</summary>
    long PassedOver { get; }

    /// <summary>From now on accesses before a time may be left out, together with the recorder's translations; everything else still comes.</summary>
    void PassOverAccessesBefore(long timeNs);

    /// <summary>Goes on with an event by its number, the first of the trace being 0.</summary>
    void SeekToEvent(long number);
}
