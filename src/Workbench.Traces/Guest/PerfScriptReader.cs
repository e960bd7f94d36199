namespace Workbench.Traces.Guest;

/// <summary>Reads the text of <c>perf script</c> (default fields, with or without --ns).</summary>
public sealed class PerfScriptReader : IGuestEventReader
{
    private readonly GuestTextReader<PerfScriptDialect> reader;

    /// <summary>Reads <paramref name="stream"/>, which stays the caller's; <paramref name="name"/> is used in messages only. With <paramref name="skipBad"/> lines that cannot be understood, and notices of lost events, are counted and passed over.</summary>
    public PerfScriptReader(Stream stream, string name, bool skipBad = false)
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
