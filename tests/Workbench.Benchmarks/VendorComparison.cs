using Workbench.Replay.Benchmarks;
using System.Globalization;
using System.Text.Json;
using Workbench.Iommu;

namespace Workbench.Benchmarks;

/// <summary>The named workloads on every model, interleaved round by round, as a share of VT-d's rate.</summary>
internal static class VendorComparison
{
    /// <summary>The share of VT-d's events per second that every model is held to.</summary>
    public const double Floor = 0.7;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>One workload: median nanoseconds per event by model.</summary>
    internal sealed record Row(string Workload, string Iotlb, IReadOnlyDictionary<string, double> MedianNs)
    {
        /// <summary>A model's rate as a share of VT-d's.</summary>
        public double ShareOf(string model) => MedianNs["vtd"] / MedianNs[model];
    }

    public static IReadOnlyList<Row> Measure(int rounds, int events)
    {
        List<Row> rows = [];
        foreach (ReplayBenchmark workload in ReplayBenchmark.All)
        {
            Dictionary<string, List<double>> ns = IommuCatalogue.Models.ToDictionary(m => m.Name, _ => new List<double>());
            Func<string, double> run = workload.PrepareModels(events);
            for (int round = -1; round < rounds; round++)
                foreach ((string model, List<double> samples) in ns)
                {
                    double one = run(model);
                    if (round >= 0) samples.Add(one);
                }
            rows.Add(new(workload.Name, workload.Iotlb, ns.ToDictionary(p => p.Key, p => Median.Of(p.Value))));
        }
        return rows;
    }

    public static void Print(TextWriter to, IReadOnlyList<Row> rows)
    {
        string[] models = [.. IommuCatalogue.Models.Select(m => m.Name)];
        to.WriteLine("M events/s of VT-d, and every model's share of it");
        to.WriteLine("workload".PadRight(15) + "vtd".PadLeft(8) + string.Concat(models.Where(m => m != "vtd").Select(m => m.PadLeft(8))));
        foreach (Row row in rows)
            to.WriteLine(row.Workload.PadRight(15) + (1e3 / row.MedianNs["vtd"]).ToString("f1", CultureInfo.InvariantCulture).PadLeft(8)
                + string.Concat(models.Where(m => m != "vtd").Select(m => row.ShareOf(m).ToString("f2", CultureInfo.InvariantCulture).PadLeft(8))));
        double least = rows.SelectMany(r => models.Select(r.ShareOf)).Min();
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"The least share is {least:f2}; the floor is {Floor:f2}."));
    }

    public static string ToJson(IReadOnlyList<Row> rows) => JsonSerializer.Serialize(rows, Json);
}
