using Workbench.Replay.Sweeps;
using Workbench.Testing;

namespace Workbench.Replay.Tests.Sweeps;

/// <summary>A folder of its own with sweep files in it.</summary>
internal sealed class SweepFiles : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("workbench-test-").FullName;

    public string this[string name] => Path.Combine(Root, name);

    /// <summary>Writes a sweep and reads it.</summary>
    public SweepPlan Plan(string json)
    {
        File.WriteAllText(this["sweep.json"], json);
        return SweepPlan.Read(this["sweep.json"]);
    }

    /// <summary>Two short workloads on two models with two sizes of leaves.</summary>
    public SweepPlan Eight() => Plan("""
        {
          "traces": [{ "workload": "nic1024", "events": 3000 }, { "workload": "uni1g", "events": 2000, "seed": 7 }],
          "common": { "harvestEvery": "100us" },
          "vary": { "iommu": ["vtd", "riscv"], "iotlb": ["1x16", "assumed-64"] }
        }
        """);

    public static string Recorded(string name) => Repository.PathOf("data", "traces", name + ".dmat").Replace('\\', '/');

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
