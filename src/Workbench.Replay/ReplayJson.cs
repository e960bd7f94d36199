using System.Text.Json;
using System.Text.Json.Serialization;
using Workbench.Replay.Checkpoints;
using Workbench.Replay.Benchmarks;
using Workbench.Replay.Curves;
using Workbench.Replay.Sweeps;
using Workbench.Traces;

namespace Workbench.Replay;

/// <summary>Experiments, summaries and manifests as JSON: camelCase names, kebab-case words, comments allowed on reading, unknown members refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n", Converters = [typeof(ViewConverter), typeof(FlushConverter), typeof(InvalidationsConverter), typeof(SweepStatusConverter)],
    ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Experiment))]
[JsonSerializable(typeof(ReplaySummary))]
[JsonSerializable(typeof(ReplaySummary[]))]
[JsonSerializable(typeof(PolicyRow[]))]
[JsonSerializable(typeof(MissCurve))]
[JsonSerializable(typeof(BenchmarkRow[]))]
[JsonSerializable(typeof(BenchmarkBaseline))]
[JsonSerializable(typeof(RunManifest))]
[JsonSerializable(typeof(SweepManifest))]
[JsonSerializable(typeof(SweepRow))]
[JsonSerializable(typeof(SweepRow[]))]
[JsonSerializable(typeof(CheckpointInfo))]
public sealed partial class ReplayJson : JsonSerializerContext
{
    // Reading goes through reflection: generated readers give absent init-only members default(T), not their initialiser.
    private static readonly JsonSerializerOptions Reading = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false, NumberHandling = JsonNumberHandling.Strict, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true,
        Converters = { new ViewConverter(), new FlushConverter(), new InvalidationsConverter(), new SweepStatusConverter() },
    };

    /// <summary>Reads an experiment file; the message of a failure names file, line and what is allowed.</summary>
    public static Experiment ReadExperiment(ReadOnlySpan<byte> utf8, string name)
    {
        try
        {
            return JsonSerializer.Deserialize<Experiment>(utf8, Reading) ?? throw new TraceFormatException($"{name}: null is no experiment.");
        }
        catch (JsonException e)
        {
            if (e.Message.Contains("could not be mapped", StringComparison.Ordinal))
                throw new TraceFormatException($"{name} line {e.LineNumber + 1}: an unknown member at {e.Path}. Members are iommu, iotlb, addressBits, granule, deviceTlb, driver, dirtyOrder, view, pageSize, harvestEvery, tracker, deviceLogRanges, deviceLogPage, flush, flushChunk, harvestThreads, atomicHarvest, policy, splitTo, splitDirty, collapse, unsound, quirks, blockChange, warmUp, cancelAfter, costProfile, costLevel, loop, costs (scanNs, clearNs, invalidateNs), invalidations, fromMark, toMark.", e);
            // An enum's own converter does not say which words there are.
            string words = e.Message.Contains("could not be converted", StringComparison.Ordinal) ? " Words: view migration|iova|gpa, flush after|per-run|per-chunk|per-page|domain|none|before|after-copy, invalidations recorded|strict." : "";
            throw new TraceFormatException($"{name} line {e.LineNumber + 1}: no experiment: {e.Message}{words}", e);
        }
    }

    /// <summary>Reads what this context wrote.</summary>
    internal static T Read<T>(string json, string name, string what)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Reading) ?? throw new TraceFormatException($"{name}: null is no {what}.");
        }
        catch (JsonException e)
        {
            throw new TraceFormatException($"{name}: no {what} that this version can read ({e.Message})", e);
        }
    }

    private sealed class SweepStatusConverter() : JsonStringEnumConverter<SweepStatus>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false);

    private sealed class ViewConverter() : JsonStringEnumConverter<View>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false);

    private sealed class FlushConverter() : JsonStringEnumConverter<FlushStrategy>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false);

    private sealed class InvalidationsConverter() : JsonStringEnumConverter<InvalidationSource>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false);
}
