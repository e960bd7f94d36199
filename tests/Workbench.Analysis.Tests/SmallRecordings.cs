using CsCheck;
using Workbench.Testing;
using Workbench.Traces;
using Workbench.Traces.Native;

namespace Workbench.Analysis.Tests;

/// <summary>Small traces as recordings: written by hand or at random, one device with pages 0 to 63 mapped one to one.</summary>
internal static class SmallRecordings
{
    public const ulong Page = 4096;
    public const int MappedPages = 64;

    /// <summary>Writes of whole pages or parts, as times and pages.</summary>
    public static readonly Gen<(long TimeNs, int Page, int Pages)[]> Writes =
        from steps in Gen.Select(Gen.OneOf(Gen.Long[0, 3], Gen.Long[0, 60]), Gen.Int[0, 20], Gen.Int[1, 3]).Array[0, 40]
        select TimesOf(steps);

    public static TraceBuilder Begin() => new TraceBuilder().Attach(1).Map(0, MappedPages * Page, physical: 0);

    public static Recording Record(this TraceBuilder trace, string name = "small")
    {
        using MemoryStream bytes = new();
        using (DmatWriter writer = new(bytes, leaveOpen: true))
        {
            Dictionary<ulong, int> texts = [];
            foreach (TraceEvent e in trace.Events) writer.Append(e.Kind == EventKind.Mark ? e with { Target = (ulong)writer.AddText(trace.Build().TextOf(e)) } : e);
            writer.Complete(trace.Provenance with { MigrationView = "iova" });
        }
        return Recording.OfBytes(name + ".dmat", bytes.ToArray());
    }

    public static Recording Record((long TimeNs, int Page, int Pages)[] writes)
    {
        TraceBuilder trace = Begin();
        foreach ((long timeNs, int page, int pages) in writes) trace.At(timeNs).Write((ulong)page * Page, (ulong)pages * Page);
        return trace.Record();
    }

    private static (long, int, int)[] TimesOf((long Step, int Page, int Pages)[] steps)
    {
        long now = 0;
        return [.. steps.Select(s => (now += s.Step, s.Page, s.Pages))];
    }
}
