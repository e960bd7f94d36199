namespace Workbench.Traces.Guest;

/// <summary>What a line of a text recording is.</summary>
internal enum GuestLineKind
{
    /// <summary>An event; its columns were found.</summary>
    Event,
    /// <summary>A notice that the recorder lost events.</summary>
    Lost,
    /// <summary>Something the tool prints before or between events that says nothing of them.</summary>
    Remark,
    /// <summary>None of these.</summary>
    Unknown,
}

/// <summary>The columns of one event line.</summary>
internal readonly ref struct GuestLine
{
    /// <summary>Nanoseconds.</summary>
    public long TimeNs { get; init; }
    /// <summary>The CPU.</summary>
    public int Cpu { get; init; }
    /// <summary>The thread.</summary>
    public int ThreadId { get; init; }
    /// <summary>The event's group; empty where the dialect prints none.</summary>
    public ReadOnlySpan<byte> Group { get; init; }
    /// <summary>The event's name; empty for lines of tracers that name none.</summary>
    public ReadOnlySpan<byte> Name { get; init; }
    /// <summary>What the event printed.</summary>
    public ReadOnlySpan<byte> Payload { get; init; }
}

/// <summary>How one tool lays out its lines.</summary>
internal interface IGuestTextDialect
{
    /// <summary>The form of an event line, for messages.</summary>
    static abstract string Form { get; }

    /// <summary>Finds out what a line is, and its columns if it is an event. The line is not blank and no # comment.</summary>
    static abstract GuestLineKind Split(ReadOnlySpan<byte> line, out GuestLine parts);
}
