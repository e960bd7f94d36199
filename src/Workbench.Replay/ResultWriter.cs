using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Parquet;
using Parquet.Schema;
using Workbench.Traces.Native;

namespace Workbench.Replay;

/// <summary>Writes a result into a folder: harvests.csv and .parquet, missed.csv, pages.csv and leaves.csv (the page-by-page account), summary.json, and manifest.json last. Same input, same bytes.</summary>
public static class ResultWriter
{
    private static readonly (string Name, Func<HarvestRow, long> Value)[] Columns =
    [
        ("harvest", r => r.Harvest), ("begin_ns", r => r.BeginNs), ("end_ns", r => r.EndNs),
        ("true_4k", r => r.True4K), ("true_data_4k", r => r.TrueData4K), ("true_2m", r => r.True2M), ("true_1g", r => r.True1G),
        ("reported_4k", r => r.Reported4K), ("reported_leaves", r => r.ReportedLeaves), ("over_reported_4k", r => r.OverReported4K),
        ("over_reported_leaves", r => r.OverReportedLeaves), ("missed_4k", r => r.Missed4K),
        ("entries_scanned", r => r.EntriesScanned), ("entries_cleared", r => r.EntriesCleared), ("commands", r => r.Commands),
        ("iotlb_hits", r => r.IotlbHits), ("iotlb_misses", r => r.IotlbMisses), ("dirty_rewalks", r => r.DirtyRewalks),
        ("bytes_read", r => (long)r.BytesRead), ("bytes_written", r => (long)r.BytesWritten),
        ("range_invalidations", r => r.RangeInvalidations), ("domain_invalidations", r => r.DomainInvalidations), ("entries_evicted", r => r.EntriesEvicted), ("bitmap_bytes", r => r.BitmapBytes), ("refills", r => r.Refills), ("faults_handled", r => r.FaultsHandled),
    ];

    /// <summary>Names of the time series' columns, in order.</summary>
    public static IReadOnlyList<string> ColumnNames { get; } = [.. Columns.Select(c => c.Name)];

    /// <summary>What a row holds in a column of <see cref="ColumnNames"/>.</summary>
    public static long ValueOf(HarvestRow row, string column)
    {
        ArgumentNullException.ThrowIfNull(row);
        foreach ((string name, Func<HarvestRow, long> value) in Columns)
            if (name == column) return value(row);
        throw new ArgumentException($"There is no column '{column}'; there is: {string.Join(", ", ColumnNames)}.", nameof(column));
    }

    /// <summary>Writes all files; an older result in the folder is replaced file by file. Returns the files' names.</summary>
    public static IReadOnlyList<string> Write(string folder, ReplayResult result, Experiment experiment, PageLog? pages, string traceName, string traceSha256, string tool)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(experiment);
        Directory.CreateDirectory(folder);
        SortedDictionary<string, string> hashes = new(StringComparer.Ordinal);
        Put("harvests.csv", stream => stream.Write(Csv(result)));
        Put("harvests.parquet", stream => WriteParquetAsync(stream, result).GetAwaiter().GetResult());
        Put("missed.csv", stream => stream.Write(Missed(result)));
        if (pages is not null)
        {
            Put("pages.csv", stream => WriteHistory(stream, "written_in_harvests", pages.Written));
            Put("leaves.csv", stream => WriteHistory(stream, "reported_in_harvests", pages.Reported));
        }
        Put("summary.json", stream => JsonSerializer.Serialize(stream, ReplaySummary.Of(result, experiment, traceName), ReplayJson.Default.ReplaySummary));
        RunManifest manifest = new()
        {
            Tool = tool, Trace = traceName, TraceSha256 = traceSha256, Experiment = experiment,
            ExperimentSha256 = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(experiment, ReplayJson.Default.Experiment))),
            Files = new SortedDictionary<string, string>(hashes, StringComparer.Ordinal),
        };
        Put("manifest.json", stream => JsonSerializer.Serialize(stream, manifest, ReplayJson.Default.RunManifest));
        return [.. hashes.Keys];

        void Put(string name, Action<Stream> write)
        {
            string path = Path.Combine(folder, name);
            using (PartialFile file = new(path))
            {
                write(file.Stream);
                file.Commit();
            }
            using FileStream written = File.OpenRead(path);
            hashes[name] = Convert.ToHexStringLower(SHA256.HashData(written));
        }
    }

    private static void WriteHistory(Stream stream, string countColumn, IEnumerable<PageHistory> histories)
    {
        using StreamWriter text = new(stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        text.WriteLine($"domain,iova,bytes,{countColumn},last_harvest_end_ns");
        foreach (PageHistory h in histories)
            text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{h.Domain},0x{h.FirstPage << 12:x},{1UL << h.SizeLog2},{h.Harvests},{h.LastNs}"));
    }

    private static byte[] Csv(ReplayResult result)
    {
        StringBuilder text = new();
        text.AppendJoin(',', ColumnNames).Append('\n');
        foreach (HarvestRow row in result.Harvests) text.AppendJoin(',', Columns.Select(c => c.Value(row).ToString(CultureInfo.InvariantCulture))).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static byte[] Missed(ReplayResult result)
    {
        StringBuilder text = new("domain,iova,last_write_ns,device,cause\n");
        foreach (MissedPage page in result.MissedPages)
            text.Append(CultureInfo.InvariantCulture, $"{page.Domain},{page.Iova},{page.TimeNs},{(page.WriteIsKnown ? page.Device.ToString() : "")},\"{page.Cause}\"\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static async Task WriteParquetAsync(Stream stream, ReplayResult result)
    {
        DataField[] fields = [.. Columns.Select(c => (DataField)new DataField<long>(c.Name))];
        // The default level, SmallestSize, is many times slower for nothing.
        ParquetOptions options = new() { CompressionMethod = CompressionMethod.Zstd, CompressionLevel = CompressionLevel.Fastest };
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), stream, options).ConfigureAwait(false);
        using ParquetRowGroupWriter group = writer.CreateRowGroup();
        for (int i = 0; i < fields.Length; i++)
        {
            long[] values = [.. result.Harvests.Select(Columns[i].Value)];
            await group.WriteAsync<long>(fields[i], values.AsMemory()).ConfigureAwait(false);
        }
        group.CompleteValidate();
    }
}
