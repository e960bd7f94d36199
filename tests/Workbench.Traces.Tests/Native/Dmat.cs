using Workbench.Traces.Native;

namespace Workbench.Traces.Tests.Native;

/// <summary>Writes traces to memory and reads them back.</summary>
internal static class Dmat
{
    public static readonly TraceProvenance Provenance = new()
    {
        Title = "Test trace", Tool = "tests 1", HowMade = "dotnet test", TimeOrigin = "first event", MigrationView = "gpa", RecordedIommu = "vtd", RecordedMode = "strict",
        Sources = [new() { Name = "a.log", Kind = "ftrace", Bytes = 12, Sha256 = "00ff", Clock = "mono", Events = 3 }],
        GuestMemory = [new() { Start = 0, Length = 0x8000_0000 }], Devices = [new() { Id = "00:01.0", Name = "nic" }],
        Join = new() { OffsetNs = -5, DriftNs = 1, PairedUnmaps = 2, Method = "unmaps", Accesses = 10, InsideLiveMapping = 9 },
        Inferences = [new() { What = "direction", Count = 4 }], Notes = ["größer"], License = "CC0-1.0",
    };

    public static byte[] Write(ReadOnlySpan<TraceEvent> events, int capacity = 65_536, int level = 3, TraceProvenance? provenance = null)
    {
        MemoryStream stream = new();
        using (DmatWriter writer = new(stream, level, leaveOpen: true, capacity, null))
        {
            writer.Append(events);
            writer.Complete(provenance ?? Provenance);
        }
        return stream.ToArray();
    }

    /// <summary>Writes random steps with their lines and texts; returns the events with their text numbers.</summary>
    public static byte[] Write((Step[] Steps, long Start) trace, int capacity, out TraceEvent[] events)
    {
        events = TraceGen.Timed(trace);
        MemoryStream stream = new();
        using DmatWriter writer = new(stream, 3, leaveOpen: true, capacity, null);
        for (int i = 0; i < events.Length; i++)
        {
            if (events[i].Kind == EventKind.Mark) events[i] = events[i] with { Target = (ulong)writer.AddText(trace.Steps[i].Text) };
            writer.Append(events[i], trace.Steps[i].Line);
        }
        writer.Complete(Provenance);
        return stream.ToArray();
    }

    public static DmatReader Open(byte[] file, bool skipBad = false) => DmatReader.Open(new MemoryStream(file), "t.dmat", skipBad);

    public static List<TraceEvent> ReadAll(DmatReader reader, int batch = 100)
    {
        List<TraceEvent> events = [];
        TraceEvent[] buffer = new TraceEvent[batch];
        for (int count; (count = reader.Read(buffer)) > 0;) events.AddRange(buffer.AsSpan(0, count));
        return events;
    }

    public static DmatVerification Verify(byte[] file) => DmatVerifier.Verify(new MemoryStream(file), "t.dmat");

    /// <summary>Reads of one device at 100, 200, 300 ... ns.</summary>
    public static TraceEvent[] Reads(int count)
    {
        TraceEvent[] events = new TraceEvent[count];
        for (int i = 0; i < count; i++) events[i] = TraceEvent.Read((i + 1) * 100L, new(8), 0x1000UL * (ulong)(i % 7), 64);
        return events;
    }
}
