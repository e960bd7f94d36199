using System.Text;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Workbench.Traces.Exporters;
using Workbench.Traces.Synthetic;
using Workbench.Traces.Tests.Native;
using Xunit;

namespace Workbench.Traces.Tests.Exporters;

public class ArrowTests
{
    private static async Task<(Schema Schema, List<RecordBatch> Batches)> Read(byte[] file)
    {
        using ArrowFileReader reader = new(new MemoryStream(file));
        List<RecordBatch> batches = [];
        while (await reader.ReadNextRecordBatchAsync(TestContext.Current.CancellationToken) is { } batch) batches.Add(batch);
        return (reader.Schema, batches);
    }

    [Fact]
    public async Task Every_column_comes_back()
    {
        byte[] dmat = DmatGoldenTests.EveryKind();
        (TraceEvent[] events, long[] lines, string?[] texts) = ExportSamples.Read(dmat);
        (Schema schema, List<RecordBatch> batches) = await Read(ExportSamples.Export(TraceExportFormat.Arrow, dmat));
        RecordBatch batch = Assert.Single(batches);
        Assert.Equal(["time_ns", "kind", "device", "pasid", "iova", "length", "target", "flags", "text", "line"], schema.FieldsList.Select(f => f.Name));
        Assert.Equal(events.Select(e => e.TimeNs), ((Int64Array)batch.Column(0)).Values.ToArray());
        Assert.Equal(events.Select(e => (byte)e.Kind), ((UInt8Array)batch.Column(1)).Values.ToArray());
        Assert.Equal(events.Select(e => e.Device.Value), ((UInt16Array)batch.Column(2)).Values.ToArray());
        Assert.Equal(events.Select(e => e.PasidOrNone == TraceEvent.NoPasid ? (uint?)null : e.PasidOrNone), (UInt32Array)batch.Column(3));
        Assert.Equal(events.Select(e => e.Iova), ((UInt64Array)batch.Column(4)).Values.ToArray());
        Assert.Equal(events.Select(e => e.Length), ((UInt64Array)batch.Column(5)).Values.ToArray());
        Assert.Equal(events.Select(e => e.Target), ((UInt64Array)batch.Column(6)).Values.ToArray());
        Assert.Equal(events.Select(e => (byte)e.Flags), ((UInt8Array)batch.Column(7)).Values.ToArray());
        Assert.Equal(texts, Enumerable.Range(0, events.Length).Select(i => ((StringArray)batch.Column(8)).GetString(i)));
        Assert.Equal(lines, ((Int64Array)batch.Column(9)).Values.ToArray());
        Assert.Equal(Dmat.Provenance.ToJson(), TraceProvenance.FromJson(Encoding.UTF8.GetBytes(schema.Metadata[TraceExport.ProvenanceKey])).ToJson());
    }

    [Fact]
    public async Task A_trace_of_several_batches_comes_back()
    {
        TraceEvent[] events = new TraceEvent[150_000];
        SyntheticWorkload.Find("scatter").Begin().Fill(events);
        (_, List<RecordBatch> batches) = await Read(ExportSamples.Export(TraceExportFormat.Arrow, Dmat.Write(events)));
        Assert.Equal([65_536, 65_536, 150_000 - 131_072], batches.Select(b => b.Length));
        Assert.Equal(events.Select(e => e.Iova), batches.SelectMany(b => ((UInt64Array)b.Column(4)).Values.ToArray()));
        Assert.Equal(events.Select(e => e.Device.Value), batches.SelectMany(b => ((UInt16Array)b.Column(2)).Values.ToArray()));
    }

    [Fact]
    public async Task An_empty_trace_is_a_whole_file()
    {
        (Schema schema, List<RecordBatch> batches) = await Read(ExportSamples.Export(TraceExportFormat.Arrow, Dmat.Write([])));
        Assert.Equal(10, schema.FieldsList.Count);
        Assert.Empty(batches);
    }
}
