using Workbench.Display;

namespace Workbench.Traces.Display;

/// <summary>Where a trace comes from: title, devices, recordings, memory, and what had to be inferred.</summary>
internal sealed class TraceProvenanceDisplay : IDisplay<TraceProvenance>
{
    private const int ShownHash = 12;
    private const int MostRows = 10;

    /// <inheritdoc/>
    public static void Describe(TraceProvenance value, ICard card)
    {
        card.Title("Trace", value.Title.Length > 0 ? value.Title : "without a title");
        card.Facts(Facts(value));
        if (value.Devices.Count > 0) card.Table(More("Devices", value.Devices.Count), [new("id"), new("name")], value.Devices.Take(MostRows).Select(d => (string[])[d.Id, d.Name]));
        if (value.GuestMemory.Count > 0)
            card.Table(More("Guest memory", value.GuestMemory.Count), [new("from"), new("to"), new("size", IsNumber: true)],
                value.GuestMemory.Take(MostRows).Select(m => (string[])[Quantity.Hex(m.Start), Quantity.Hex(unchecked(m.Start + m.Length - 1)), Quantity.Bytes(m.Length)]));
        if (value.Inferences.Count > 0) card.Table(More("Inferred by the importer", value.Inferences.Count), [new("what"), new("events", IsNumber: true)], value.Inferences.Take(MostRows).Select(i => (string[])[i.What, Quantity.Count(i.Count)]));
        card.Notes("Notes", value.Notes.Take(MostRows));
        if (value.Sources.Count == 0) return;
        card.Table(More("Recordings", value.Sources.Count), [new("name"), new("kind"), new("clock"), new("events", IsNumber: true), new("size", IsNumber: true)],
            value.Sources.Take(MostRows).Select(s => (string[])[s.Name, s.Kind, s.Clock ?? "", Quantity.Count(s.Events), Quantity.Bytes(s.Bytes)]));
        card.Fold("sha256 of the recordings", inner => inner.Facts(value.Sources.Take(MostRows).Where(s => s.Sha256.Length > 0).Select(s => new Fact(s.Name, s.Sha256.Length > ShownHash ? s.Sha256[..ShownHash] + "…" : s.Sha256, s.Sha256))));
    }

    private static IEnumerable<Fact> Facts(TraceProvenance t)
    {
        if (t.Tool.Length > 0) yield return new("made by", t.Tool);
        if (t.HowMade.Length > 0) yield return new("how", t.HowMade);
        yield return new("recorded IOMMU", $"{t.RecordedIommu ?? "none or unknown"}{(t.RecordedMode is { } mode ? $", {mode}" : "")}");
        yield return new("migration view", t.MigrationView ?? "unknown");
        if (t.TimeOrigin is { } origin) yield return new("time 0", origin);
        if (t.Join is { } join)
            yield return new("join", $"{join.Method}: offset {Quantity.Count(join.OffsetNs)} ns, drift {Quantity.Time(join.DriftNs)}, {Quantity.Count(join.PairedUnmaps)} unmaps paired, {Quantity.Count(join.InsideLiveMapping)} of {Quantity.Count(join.Accesses)} accesses inside live mappings");
        if (t.License is { } license) yield return new("licence", license);
    }

    private static string More(string caption, int count) => count > MostRows ? $"{caption}, the first {MostRows} of {Quantity.Count(count)}" : caption;
}
