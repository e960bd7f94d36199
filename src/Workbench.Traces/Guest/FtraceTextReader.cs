namespace Workbench.Traces.Guest;

/// <summary>Reads the text of tracefs's trace file and of <c>trace-cmd report</c>, with or without header comments, with microseconds or nanoseconds.</summary>
public sealed class FtraceTextReader : IGuestEventReader
{
    private readonly GuestTextReader<FtraceDialect> reader;

    /// <summary>Reads <paramref name="stream"/>, which stays the caller's; <paramref name="name"/> is used in messages only. With <paramref name="skipBad"/> lines that cannot be understood, and notices of lost events, are counted and passed over.</summary>
    public FtraceTextReader(Stream stream, string name, bool skipBad = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(name);
        reader = new(stream, name, skipBad);
    }

    /// <inheritdoc/>
    public long OtherEvents => reader.OtherEvents;
    /// <inheritdoc/>
    public long BadLines => reader.BadLines;

    /// <inheritdoc/>
    public bool TryRead(out GuestEvent guestEvent) => reader.TryRead(out guestEvent);

    /// <summary>Gives the line buffer back; the stream stays open.</summary>
    public void Dispose() => reader.Dispose();
}
