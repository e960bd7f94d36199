using System.Runtime.InteropServices;
using System.Text.Json;

namespace Workbench.Replay.Benchmarks;

/// <summary>The ratios that a processor reached once, to hold later versions to.</summary>
public sealed record BenchmarkBaseline
{
    /// <summary>The processor as its system names it.</summary>
    public required string Processor { get; init; }
    /// <summary>Processors the system showed.</summary>
    public required int Processors { get; init; }
    /// <summary>The runtime's name and version.</summary>
    public required string Runtime { get; init; }
    /// <summary>The program's version.</summary>
    public required string Version { get; init; }
    /// <summary>Events of a round; runs of other lengths are not compared.</summary>
    public required int Events { get; init; }
    /// <summary>Ratios by the benchmark's name.</summary>
    public required IReadOnlyDictionary<string, double> CalibrationRatios { get; init; }

    /// <summary>The baseline that these rows make on a machine.</summary>
    public static BenchmarkBaseline Of(IEnumerable<BenchmarkRow> rows, int events, string processor, int processors) => new()
    {
        Processor = processor, Processors = processors, Events = events, Runtime = RuntimeInformation.FrameworkDescription, Version = typeof(BenchmarkBaseline).Assembly.GetName().Version?.ToString(3) ?? "",
        CalibrationRatios = rows.ToDictionary(r => r.Workload, r => Math.Round(r.CalibrationRatio, 3)),
    };

    /// <summary>Reads a baseline; a file that is none is refused with its name.</summary>
    public static BenchmarkBaseline Read(string path) => ReplayJson.Read<BenchmarkBaseline>(File.ReadAllText(path), Path.GetFileName(path), "baseline");

    /// <summary>The baseline as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ReplayJson.Default.BenchmarkBaseline);

    /// <summary>The row, held to the baseline's.</summary>
    public BenchmarkRow Judge(BenchmarkRow row, double tolerance)
    {
        ArgumentNullException.ThrowIfNull(row);
        return !CalibrationRatios.TryGetValue(row.Workload, out double ratio) ? row : row with { BaselineRatio = ratio, IsSlower = row.CalibrationRatio > ratio * (1 + tolerance) };
    }
}
