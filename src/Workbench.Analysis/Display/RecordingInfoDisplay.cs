using Workbench.Display;
using Workbench.Traces;

namespace Workbench.Analysis.Display;

/// <summary>A recording: what it is, what its devices did, where it comes from.</summary>
internal sealed class RecordingInfoDisplay : IDisplay<RecordingInfo>
{
    private const int ShownHash = 12;
    private const int MostRows = 12;

    /// <inheritdoc/>
    public static void Describe(RecordingInfo value, ICard card)
    {
        card.Title("Recording", value.Title.Length > 0 ? $"{value.Name}, {value.Title}" : value.Name);
        card.Facts(Facts(value));
        TraceSummary summary = value.Summary;
        card.Table("Events by kind", [new("kind"), new("events", IsNumber: true)], summary.Kinds.Select(k => (string[])[Quantity.Words(k.Kind.ToString()), Quantity.Count(k.Count)]));
        Devices(value, card);
        if (value.Marks.Count == 0) return;
        card.Fold(Quantity.Count(value.Marks.Count, "mark") + (value.Marks.Count > MostRows ? $", the first {MostRows}" : ""), inner =>
            inner.Table("", [new("time", IsNumber: true), new("text")], value.Marks.Take(MostRows).Select(m => (string[])[Quantity.Moment(m.TimeNs), m.Text])));
    }

    private static IEnumerable<Fact> Facts(RecordingInfo r)
    {
        TraceProvenance from = r.Provenance;
        yield return new("events", $"{Quantity.Count(r.Events)} in {Quantity.Time(r.Summary.DurationNs)}");
        yield return new("payload", $"{Quantity.Bytes(r.BytesWritten)} written, {Quantity.Bytes(r.BytesRead)} read");
        yield return new("recorded IOMMU", r.RecordedIommu + (from.RecordedMode is { } mode ? $", {mode}" : ""));
        yield return new("a migration tracks", r.MigrationView is "unknown" ? "unknown addresses" : $"{r.MigrationView} addresses");
        if (r.GuestMemoryBytes > 0) yield return new("guest memory", $"{Quantity.Bytes(r.GuestMemoryBytes)} in {Quantity.Count(from.GuestMemory.Count, "range")}");
        yield return new("file", Quantity.Bytes(r.FileBytes));
        yield return new("sha256", r.Sha256.Length > ShownHash ? r.Sha256[..ShownHash] + "…" : r.Sha256, r.Sha256);
        yield return new("licence", from.License ?? "not stated");
    }

    private static void Devices(RecordingInfo value, ICard card)
    {
        IReadOnlyList<DeviceSummary> devices = value.Summary.Devices;
        if (devices.Count == 0) return;
        Column[] columns = [new("device"), new("name"), new("reads", IsNumber: true), new("bytes read", IsNumber: true), new("writes", IsNumber: true), new("bytes written", IsNumber: true), new("interrupts", IsNumber: true)];
        card.Table($"Devices{(devices.Count > MostRows ? $", the first {MostRows} of {Quantity.Count(devices.Count)}" : "")}: accesses by payload and rings, bytes of payload", columns,
            devices.Take(MostRows).Select(d => (string[])
            [
                d.Device.ToString(), value.Provenance.Devices.FirstOrDefault(named => named.Id == d.Device.ToString())?.Name ?? "", Quantity.Count(d.Data.Reads + d.Rings.Reads), Quantity.Bytes(d.Data.ReadBytes),
                Quantity.Count(d.Data.Writes + d.Rings.Writes), Quantity.Bytes(d.Data.WrittenBytes), Quantity.Count(d.Interrupts),
            ]));
    }
}
