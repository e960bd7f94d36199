using System.Globalization;
using Workbench.Benchmarks;
using Workbench.Iommu;

// What 'workbench benchmarks' does not measure, each between calibration loops, medians over several rounds.
// --vendors: every workload on every model, as a share of VT-d's rate; the exit code is 1 if one is below the floor.
// With --harvest the scan for dirty leaves instead; the exit code is 1 if a model is below the goal.
// With --curve the one pass over all IOTLB sizes instead; the exit code is 1 if a workload is below the floor.
// With --footprint the one-pass count of written pages in windows; the exit code is 1 if a goal is missed.
// With --decode the reading of .dmat files alone, in processor time.
// With --feed four configurations from one reading of a trace, by one thread and by two.
// With --file from a trace file to the result, by the clock; the exit code is 1 if a workload is below the floor.
// With --notebook a kernel's start, cells and memory; the exit code is 1 if a goal is missed.
// With --table every figure that has a floor and a goal, side by side; the exit code is 1 if one is below its floor.
// Usage: dotnet run -c Release --project tests/Workbench.Benchmarks -- (--table | --vendors | --harvest | --curve | --footprint | --decode | --feed | --file | --notebook) [--rounds N] [--events N] [--only NAME,NAME] [--json]
int rounds = Option("--rounds", 7), events = Option("--events", 4_000_000);
bool json = args.Contains("--json");
string[] only = Text("--only")?.Split(',') ?? [];
if (args.Contains("--notebook")) return NotebookBenchmark.Run(Console.Out) ? 0 : 1;
if (args.Contains("--table"))
{
    IReadOnlyList<GoalTable.Row> goals = GoalTable.Measure(Option("--rounds", 5), Option("--events", 2_000_000));
    if (json) Console.Out.WriteLine(GoalTable.ToJson(goals));
    else GoalTable.Print(Console.Out, goals);
    return goals.Any(r => r.IsBelowFloor) ? 1 : 0;
}
if (args.Contains("--harvest"))
{
    IReadOnlyList<HarvestBenchmark.Row> harvests = HarvestBenchmark.Measure(rounds, [.. IommuCatalogue.Models.Select(m => m.Name).Where(Asked)]);
    if (json) Console.Out.WriteLine(HarvestBenchmark.ToJson(harvests));
    else HarvestBenchmark.Print(Console.Out, harvests);
    return harvests.All(r => r.ReachesGoal) ? 0 : 1;
}
if (args.Contains("--curve"))
{
    IReadOnlyList<CurveBenchmark.Row> curves = CurveBenchmark.Measure(rounds, events, Asked);
    if (json) Console.Out.WriteLine(CurveBenchmark.ToJson(curves));
    else CurveBenchmark.Print(Console.Out, curves);
    return curves.All(r => r.PerSecond >= r.Floor && r.BytesPerEvent < 0.1) ? 0 : 1;
}
if (args.Contains("--footprint"))
{
    IReadOnlyList<FootprintBenchmark.Row> footprints = FootprintBenchmark.Measure(rounds, events, only.Length > 0 ? only : ["nic1024", "zipf1m", "uni1g"]);
    if (json) Console.Out.WriteLine(FootprintBenchmark.ToJson(footprints));
    else FootprintBenchmark.Print(Console.Out, footprints);
    return footprints.All(r => r.ReachesGoal) ? 0 : 1;
}
if (args.Contains("--decode"))
{
    IReadOnlyList<DecodeBenchmark.Row> decoded = DecodeBenchmark.Measure(rounds, Math.Min(events, 2_000_000), Asked);
    if (json) Console.Out.WriteLine(DecodeBenchmark.ToJson(decoded));
    else DecodeBenchmark.Print(Console.Out, decoded);
    return 0;
}
if (args.Contains("--feed"))
{
    IReadOnlyList<FeedBenchmark.Row> fed = FeedBenchmark.Measure(rounds, events, Asked);
    if (json) Console.Out.WriteLine(FeedBenchmark.ToJson(fed));
    else FeedBenchmark.Print(Console.Out, fed);
    return 0;
}
if (args.Contains("--file"))
{
    IReadOnlyList<FileBenchmark.Row> files = FileBenchmark.Measure(rounds, events, Asked);
    if (json) Console.Out.WriteLine(FileBenchmark.ToJson(files));
    else FileBenchmark.Print(Console.Out, files);
    return files.All(r => r.PerSecond >= r.Floor) ? 0 : 1;
}
if (args.Contains("--vendors"))
{
    IReadOnlyList<VendorComparison.Row> rows = VendorComparison.Measure(rounds, events);
    if (json) Console.Out.WriteLine(VendorComparison.ToJson(rows));
    else VendorComparison.Print(Console.Out, rows);
    return rows.All(r => r.MedianNs.Keys.All(m => r.ShareOf(m) >= VendorComparison.Floor)) ? 0 : 1;
}
Console.Error.WriteLine("Say what to measure; 'workbench benchmarks' measures the replay itself.");
return 2;

bool Asked(string name) => only.Length == 0 || only.Contains(name);

int Option(string name, int fallback) => Text(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : fallback;

string? Text(string name)
{
    int at = Array.IndexOf(args, name);
    return at < 0 || at + 1 >= args.Length ? null : args[at + 1];
}
