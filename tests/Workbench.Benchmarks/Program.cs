using System.Globalization;
using Workbench.Benchmarks;

// Prints events per second of the named workloads, each interleaved with two calibration loops, medians over several rounds.
// With --vendors every workload on every model instead, as a share of VT-d's rate; the exit code is 1 if one is below the floor.
// Usage: dotnet run -c Release --project tests/Workbench.Benchmarks [-- --vendors] [--rounds N] [--events N] [--json]
int rounds = Option("--rounds", 7), events = Option("--events", 4_000_000);
bool json = args.Contains("--json");
if (args.Contains("--vendors"))
{
    IReadOnlyList<VendorComparison.Row> rows = VendorComparison.Measure(rounds, events);
    if (json) Console.Out.WriteLine(VendorComparison.ToJson(rows));
    else VendorComparison.Print(Console.Out, rows);
    return rows.All(r => r.MedianNs.Keys.All(m => r.ShareOf(m) >= VendorComparison.Floor)) ? 0 : 1;
}
List<WorkloadResult> results = [];
foreach (WorkloadCase workload in WorkloadCase.All)
{
    WorkloadResult result = workload.Measure(rounds, events);
    results.Add(result);
    if (!json) result.Print(Console.Out, results.Count == 1);
}
if (json) Console.Out.WriteLine(WorkloadResult.ToJson(results));
return results.All(r => r.BytesPerEvent == 0) ? 0 : 1;

int Option(string name, int fallback)
{
    int at = Array.IndexOf(args, name);
    return at < 0 || at + 1 >= args.Length ? fallback : int.Parse(args[at + 1], CultureInfo.InvariantCulture);
}
