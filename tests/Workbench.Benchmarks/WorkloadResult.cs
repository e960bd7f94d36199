using System.Globalization;
using System.Text.Json;

namespace Workbench.Benchmarks;

/// <summary>What one workload took, with the calibration loops measured between its rounds.</summary>
internal sealed record WorkloadResult(
    string Workload, string Iotlb, double MedianNs, double BestNs, double DecodeNs, double ChaseNs, long BytesPerEvent, double Floor, double Goal)
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public double EventsPerSecond => 1e9 / MedianNs;
    /// <summary>Time of an event over the time of the decode-only loop's: the figure to compare between machines and days.</summary>
    public double CalibrationRatio => MedianNs / DecodeNs;

    public void Print(TextWriter to, bool header)
    {
        if (header) to.WriteLine($"{"workload",-15}{"iotlb",-14}{"M events/s",11}{"ns",7}{"best ns",9}{"x decode",10}{"decode ns",11}{"chase ns",10}{"B/event",9}{"floor M",9}{"goal M",8}");
        to.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Workload,-15}{Iotlb,-14}{EventsPerSecond / 1e6,11:f1}{MedianNs,7:f1}{BestNs,9:f1}{CalibrationRatio,10:f1}{DecodeNs,11:f2}{ChaseNs,10:f0}{BytesPerEvent,9}{Floor / 1e6,9:f0}{Goal / 1e6,8:f0}"));
    }

    public static string ToJson(IReadOnlyList<WorkloadResult> results) => JsonSerializer.Serialize(results, Options);
}
