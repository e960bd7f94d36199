using Workbench.Traces.Importers;
using Workbench.Traces.Tests.Guest;
using Workbench.Traces.Tests.Importers;
using Xunit;

namespace Workbench.Traces.Tests.Join;

/// <summary>Whole recordings of both sides, each imported once for all tests that ask for it.</summary>
public sealed class JoinedRecordings
{
    private readonly Dictionary<string, (ImportReport Report, List<TraceEvent> Events)> imported = [];

    /// <summary>The report on a recording, by the file of its guest's side, and its events.</summary>
    internal (ImportReport Report, List<TraceEvent> Events) Of(string guest)
    {
        if (imported.TryGetValue(guest, out var known)) return known;
        using Imports imports = new();
        return imported[guest] = Import(imports, guest);
    }

    /// <summary>Imports a recording into a folder that is there for longer.</summary>
    internal static (ImportReport Report, List<TraceEvent> Events) Import(Imports imports, string guest)
    {
        string name = guest[..guest.IndexOf('.', StringComparison.Ordinal)];
        ImportReport report = imports.Run(Recordings.File(name + ".qemu.log.xz"), Recordings.File(guest + ".xz"));
        Assert.Equal(["out.dmat"], imports.Left);
        List<TraceEvent> events = imports.Events();
        for (int i = 1; i < events.Count; i++) Assert.True(events[i].TimeNs >= events[i - 1].TimeNs);
        return (report, events);
    }
}
