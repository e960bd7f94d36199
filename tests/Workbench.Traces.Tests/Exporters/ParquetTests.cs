using Parquet;
using Parquet.Schema;
using Workbench.Traces.Exporters;
using Workbench.Traces.Native;
using Workbench.Traces.Synthetic;
using Workbench.Traces.Tests.Native;
using Xunit;

namespace Workbench.Traces.Tests.Exporters;

public class ParquetTests
{
    private static async Task<T[]> Column<T>(ParquetReader reader, string name) where T : struct
    {
        List<T> all = [];
        for (int i = 0; i < reader.RowGroupCount; i++)
        {
            using ParquetRowGroupReader group = reader.OpenRowGroupReader(i);
            T[] values = new T[group.RowCount];
            await group.ReadAsync<T>(reader.Schema.GetDataFields().Single(f => f.Name == name), values);
            all.AddRange(values);
        }
        return [.. all];
    }

    [Fact]
    public async Task Every_column_comes_back()
    {
        byte[] dmat = DmatGoldenTests.EveryKind();
        (TraceEvent[] events, long[] lines, string?[] texts) = ExportSamples.Read(dmat);
        await using ParquetReader reader = await ParquetReader.CreateAsync(new MemoryStream(ExportSamples.Export(TraceExportFormat.Parquet, dmat)), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["time_ns", "kind", "device", "pasid", "iova", "length", "target", "flags", "text", "line"], reader.Schema.GetDataFields().Select(f => f.Name));
        Assert.Equal(events.Select(e => e.TimeNs), await Column<long>(reader, "time_ns"));
        Assert.Equal(events.Select(e => (byte)e.Kind), await Column<byte>(reader, "kind"));
        Assert.Equal(events.Select(e => e.Device.Value), await Column<ushort>(reader, "device"));
        Assert.Equal(events.Select(e => e.Iova), await Column<ulong>(reader, "iova"));
        Assert.Equal(events.Select(e => e.Length), await Column<ulong>(reader, "length"));
        Assert.Equal(events.Select(e => e.Target), await Column<ulong>(reader, "target"));
        Assert.Equal(events.Select(e => (byte)e.Flags), await Column<byte>(reader, "flags"));
        Assert.Equal(lines, await Column<long>(reader, "line"));
        using ParquetRowGroupReader group = reader.OpenRowGroupReader(0);
        DataField[] fields = reader.Schema.GetDataFields();
        uint?[] pasids = new uint?[events.Length];
        await group.ReadAsync<uint>(fields[3], pasids.AsMemory(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(events.Select(e => e.PasidOrNone == TraceEvent.NoPasid ? (uint?)null : e.PasidOrNone), pasids);
        string?[] marks = new string?[events.Length];
        await group.ReadAsync(fields[8], marks.AsMemory(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(texts, marks);
        Assert.Equal(Dmat.Provenance.ToJson(), TraceProvenance.FromJson(System.Text.Encoding.UTF8.GetBytes(reader.CustomMetadata[TraceExport.ProvenanceKey])).ToJson());
    }

    [Fact]
    public async Task A_trace_of_more_than_a_row_group_comes_back()
    {
        TraceEvent[] events = new TraceEvent[(1 << 20) + 5000];
        SyntheticWorkload.Find("zipf1m").Begin().Fill(events);
        byte[] dmat = Dmat.Write(events);
        byte[] parquet = ExportSamples.Export(TraceExportFormat.Parquet, dmat);
        await using ParquetReader reader = await ParquetReader.CreateAsync(new MemoryStream(parquet), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(2, reader.RowGroupCount);
        Assert.Equal(events.Select(e => e.Iova), await Column<ulong>(reader, "iova"));
        Assert.Equal(events.Select(e => e.TimeNs), await Column<long>(reader, "time_ns"));
    }

    [Theory]
    [InlineData(TraceExportFormat.Parquet)]
    [InlineData(TraceExportFormat.Arrow)]
    [InlineData(TraceExportFormat.Csv)]
    public void The_same_trace_gives_the_same_bytes(TraceExportFormat format)
    {
        byte[] dmat = DmatGoldenTests.EveryKind();
        Assert.Equal(ExportSamples.Export(format, dmat), ExportSamples.Export(format, dmat));
    }

    [Theory]
    [InlineData(TraceExportFormat.Parquet)]
    [InlineData(TraceExportFormat.Arrow)]
    [InlineData(TraceExportFormat.Csv)]
    public void A_file_has_its_name_only_once_it_is_whole(TraceExportFormat format)
    {
        string folder = Directory.CreateTempSubdirectory("export-tests-").FullName;
        try
        {
            string path = Path.Combine(folder, "trace.out");
            byte[] dmat = DmatGoldenTests.EveryKind();
            using (DmatReader reader = Dmat.Open(dmat)) Assert.Equal(307, TraceExport.ToFile(reader, format, path));
            Assert.Equal(ExportSamples.Export(format, dmat), File.ReadAllBytes(path));
            dmat[100] ^= 1;
            using DmatReader damaged = Dmat.Open(dmat);
            Assert.Throws<TraceFormatException>(() => TraceExport.ToFile(damaged, format, path + "2"));
            Assert.Single(Directory.GetFiles(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
