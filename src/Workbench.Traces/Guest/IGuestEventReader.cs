namespace Workbench.Traces.Guest;

/// <summary>Streams kernel trace events out of one recording, in the order of the file.</summary>
public interface IGuestEventReader : IDisposable
{
    /// <summary>The next event; false at the end. Throws <see cref="TraceFormatException"/> for what it cannot understand.</summary>
    bool TryRead(out GuestEvent guestEvent);

    /// <summary>Events of other kinds that were passed over so far.</summary>
    long OtherEvents { get; }

    /// <summary>Lines or records that could not be understood and were passed over; only ever above zero when opened to skip bad input.</summary>
    long BadLines { get; }
}
