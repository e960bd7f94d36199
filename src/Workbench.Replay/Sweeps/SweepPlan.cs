using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Workbench.Replay.Sweeps;

/// <summary>What a sweep replays: its traces crossed with the values of the varied properties.</summary>
public sealed class SweepPlan
{
    private static readonly JsonSerializerOptions Compact = new(ReplayJson.Default.Options) { WriteIndented = false };

    private readonly string folder;
    private readonly Lazy<string> sha256;

    internal SweepPlan(string folder, IReadOnlyList<SweepTrace> traces, IReadOnlyList<string> varied, IReadOnlyList<SweepCell> cells)
    {
        (this.folder, Traces, Varied, Cells) = (folder, traces, varied, cells);
        CostProfiles = [.. cells.Select(c => c.Experiment.CostProfile).Distinct().Select(p => new SweepFile(p, Convert.ToHexStringLower(SHA256.HashData(Costs.CostProfiles.BytesOf(PathOf(folder, p))))))];
        sha256 = new(Hash);
    }

    /// <summary>The traces, in the order in which they are named.</summary>
    public IReadOnlyList<SweepTrace> Traces { get; }
    /// <summary>The varied properties, in the order in which they are crossed.</summary>
    public IReadOnlyList<string> Varied { get; }
    /// <summary>All cells in order.</summary>
    public IReadOnlyList<SweepCell> Cells { get; }
    /// <summary>The cost profiles that cells use.</summary>
    public IReadOnlyList<SweepFile> CostProfiles { get; }
    /// <summary>sha256 over traces, experiments and cost profiles, lower-case hex. Reads every trace file once.</summary>
    public string Sha256 => sha256.Value;

    /// <summary>Reads a sweep file (docs/sweeps.md); what is wrong with it is refused at once, every problem in one message.</summary>
    public static SweepPlan Read(string path) => SweepReader.Read(path);

    /// <summary>sha256 of an experiment's JSON, as result folders have it.</summary>
    public static string HashOf(Experiment experiment) => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(experiment, ReplayJson.Default.Experiment)));

    /// <summary>
    /// The cells of one share. With as many traces as shares or more, whole traces are dealt out in turn, so that each is read by one share only;
    /// otherwise the cells are.
    /// </summary>
    /// <param name="number">Which share, from 1.</param>
    /// <param name="count">How many shares there are.</param>
    public IReadOnlyList<SweepCell> ShardOf(int number, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, count);
        Dictionary<SweepTrace, int> places = Traces.Select((t, i) => (t, i)).ToDictionary(p => p.t, p => p.i);
        return [.. Cells.Where(c => (Traces.Count >= count ? places[c.Trace] : c.Number - 1) % count == number - 1)];
    }

    /// <summary>The manifest of a table.</summary>
    /// <param name="tool">Program and version.</param>
    /// <param name="shard">Which share of the cells it holds; null: all.</param>
    public SweepManifest ManifestOf(string tool, string? shard) => new()
    {
        Tool = tool, Build = SweepJournal.Build(), SweepSha256 = Sha256, Cells = Cells.Count, Varied = Varied, Traces = [.. Traces.Select(t => new SweepFile(t.Name, t.Sha256))], CostProfiles = CostProfiles, Shard = shard,
    };

    /// <summary>The experiment as it is run: a cost profile's file lies beside the sweep's.</summary>
    internal Experiment RunnableOf(SweepCell cell) => cell.Experiment with { CostProfile = PathOf(folder, cell.Experiment.CostProfile) };

    internal static string PathOf(string folder, string costProfile) => Costs.CostProfiles.Names.Contains(costProfile) ? costProfile : Path.Combine(folder, costProfile);

    private string Hash()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Dictionary<SweepTrace, int> places = Traces.Select((t, i) => (t, i)).ToDictionary(p => p.t, p => p.i);
        Add("sweep 1", string.Join(',', Varied));
        foreach (SweepTrace trace in Traces) Add(trace.Name, trace.Sha256 ?? "generated");
        foreach (SweepFile profile in CostProfiles) Add(profile.Name, profile.Sha256 ?? "");
        foreach (SweepCell cell in Cells) Add($"{places[cell.Trace]} {cell.Lack}", JsonSerializer.Serialize(cell.Experiment, Compact));
        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Add(string first, string second) => hash.AppendData(Encoding.UTF8.GetBytes($"{first}\n{second}\n"));
    }
}
