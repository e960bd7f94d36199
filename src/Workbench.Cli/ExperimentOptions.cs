using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Invalidation;
using Workbench.Replay;
using Workbench.Replay.Costs;
using Workbench.Replay.Policies;

namespace Workbench.Cli;

/// <summary>The options that say how to replay, shared by the commands that do.</summary>
internal static class ExperimentOptions
{
    private static readonly Option<string?> View = new("--view") { Description = "migration, iova or gpa [default: migration, what a migration of the recorded guest tracks]" };
    private static readonly Option<string?> PageSize = new("--page-size") { Description = "largest leaf, a size the model has (4K, 64K, 2M, 1G, …), or as-mapped [default: as-mapped; the granule in the gpa view]" };
    private static readonly Option<string?> Granule = new("--granule") { Description = "4K, 16K or 64K where the model has them [default: 4K]" };
    private static readonly Option<string?> Harvest = new("--harvest") { Description = "trace time between harvests, e.g. 100ms; 0 for one at the end, asap, adaptive:LEAST-MOST [default: 100ms]" };
    private static readonly Option<string?> Flush = new("--flush") { Description = "when a harvest invalidates: after (over the hull), per-run, per-chunk, per-page, domain; unsound, to see pages missed: none, before, after-copy [default: after]" };
    private static readonly Option<string?> Iotlb = new("--iotlb") { Description = $"SETSxWAYS:replacement:index, e.g. 16x4:lru:hash, or a preset: {string.Join(", ", IotlbGeometry.PresetNames.Select(p => p.Name))} [default: assumed-64]" };
    private static readonly Option<int?> AddressBits = new("--address-bits") { Description = "input address width, one the model has (mostly 39, 48, 57; a wrong one is answered with the list) [default: 48]" };
    private static readonly Option<int?> DeviceTlb = new("--device-tlb") { Description = "devices with ATS and a TLB of so many translations; 0 for none [default: 0]" };
    private static readonly Option<string?> Driver = new("--driver") { Description = $"how invalidations are chosen: {string.Join(", ", DriverProfile.All.Select(p => p.Name))} [default: linux]" };
    private static readonly Option<string?> DirtyOrder = new("--dirty-order") { Description = "before-data, or may-lag: D may become visible after the write (Arm) [default: before-data]" };
    private static readonly Option<bool> Atomic = new("--atomic-harvest") { Description = "harvests take no time: no DMA falls into them" };
    private static readonly Option<string?> Invalidations = new("--invalidations") { Description = "recorded or strict: which invalidations follow unmaps in the iova view [default: recorded]" };
    private static readonly Option<string?> From = new("--from") { Description = "where tracking begins: a time since the first event (2.5s; accesses before it are left out) or the text of a mark (mark:TEXT if it reads as a time) [default: the trace's beginning]" };
    private static readonly Option<string?> To = new("--to") { Description = "where the device stops, a time or a mark as for --from [default: the trace's end]" };
    private static readonly Option<string?> ExperimentFile = new("--experiment") { Description = "a JSON file with these settings (docs/replay.md); options given beside it win" };

    private static readonly Option<string?> FlushChunk = new("--flush-chunk") { Description = "piece of address space that per-chunk invalidates at once, a power of two [default: 64M]" };
    private static readonly Option<int?> Threads = new("--harvest-threads") { Description = "threads that harvest domains at the same time, 1 to 64 [default: 1]" };
    private static readonly Option<string?> Tracker = new("--tracker") { Description = $"how written pages are found: {Experiment.TrackerNames} [default: iommufd]" };
    private static readonly Option<int?> LogRanges = new("--device-log-ranges") { Description = "tracker device-log: ranges a device can log, 1 to 256 [default: 3]" };
    private static readonly Option<string?> LogPage = new("--device-log-page") { Description = "tracker device-log: smallest page a device logs in, 4K to 1G [default: 4K]" };
    private static readonly Option<string?> Policy = new("--policy") { Description = $"when large leaves are split: {PolicyCatalogue.SplitNames} [default: never]" };
    private static readonly Option<string?> SplitTo = new("--split-to") { Description = "what leaves are split into, a leaf size of the model [default: 4K]" };
    private static readonly Option<string?> SplitDirty = new("--split-dirty") { Description = "a dirty leaf that is split: carry (all new leaves are dirty) or harvest-first (it is reported and cleared) [default: carry]" };
    private static readonly Option<string?> Collapse = new("--collapse") { Description = $"when what was split is collapsed: {PolicyCatalogue.CollapseNames} [default: never]" };
    private static readonly Option<string?> Unsound = new("--unsound") { Description = $"steps of splits and collapses to do wrongly, separated by commas: {Experiment.UnsoundNames}" };
    private static readonly Option<string?> Quirks = new("--quirks") { Description = "whose defects the driver has: fixed (none) or linux-6.12 [default: fixed]" };
    private static readonly Option<int?> BlockChange = new("--bbml") { Description = "how an SMMU lets leaf sizes change (IDR3.BBML): 0 break before make, 1 nT, 2 at once [default: 2]" };
    private static readonly Option<string?> WarmUp = new("--warm-up") { Description = "trace time before tracking begins, e.g. 2s, from the beginning or from a time of --from [default: 0]" };
    private static readonly Option<string?> CancelAfter = new("--cancel-after") { Description = "trace time after which the migration is given up, for --collapse on-cancel [default: 0, never]" };
    private static readonly Option<string?> Costs = new("--costs") { Description = $"what steps cost: {string.Join(", ", CostProfiles.Names)}, or a profile's file [default: assumed]" };
    private static readonly Option<string?> CostLevel = new("--cost-level") { Description = "at which end of the costs' ranges trace time passes: low, default, high [default: default]" };
    private static readonly Option<string?> Loop = new("--loop") { Description = "open: events at recorded times; closed: what translations cost delays the device's later events; streaming: while it holds the device up [default: open]" };
    private static readonly Dictionary<string, FlushStrategy> Flushes = new()
    {
        ["after"] = FlushStrategy.After, ["hull"] = FlushStrategy.After, ["per-run"] = FlushStrategy.PerRun, ["per-chunk"] = FlushStrategy.PerChunk, ["per-page"] = FlushStrategy.PerPage,
        ["domain"] = FlushStrategy.Domain, ["none"] = FlushStrategy.None, ["before"] = FlushStrategy.Before, ["after-copy"] = FlushStrategy.AfterCopy,
    };

    static ExperimentOptions()
    {
        View.AcceptOnlyFromAmong("migration", "iova", "gpa");
        Flush.AcceptOnlyFromAmong([.. Flushes.Keys]);
        Invalidations.AcceptOnlyFromAmong("recorded", "strict");
    }

    /// <summary>Gives a command these options, but for those it has a form of its own for.</summary>
    public static void AddTo(Command command, params string[] except)
    {
        foreach (Option option in ((Option[])[View, PageSize, Granule, Harvest, Flush, FlushChunk, Threads, Tracker, LogRanges, LogPage, Policy, SplitTo, SplitDirty, Collapse, Unsound, Quirks, BlockChange, WarmUp, CancelAfter, Costs, CostLevel, Loop, Iotlb, AddressBits, DeviceTlb, Driver, DirtyOrder, Atomic, Invalidations, From, To, ExperimentFile]).Where(o => !except.Contains(o.Name))) command.Add(option);
    }

    /// <summary>The experiment they describe, not validated; what is not given is as in <paramref name="start"/>, or as by default.</summary>
    public static Experiment Read(ParseResult parsed, Experiment? start = null)
    {
        Experiment e = start ?? new();
        if (parsed.GetValue(ExperimentFile) is { } file) e = ReplayJson.ReadExperiment(BytesOf(file), Path.GetFileName(file));
        return e with
        {
            Iotlb = parsed.GetValue(Iotlb) ?? e.Iotlb,
            AddressBits = parsed.GetValue(AddressBits) ?? e.AddressBits,
            Granule = parsed.GetValue(Granule) ?? e.Granule,
            DeviceTlb = parsed.GetValue(DeviceTlb) ?? e.DeviceTlb,
            Driver = parsed.GetValue(Driver) ?? e.Driver,
            DirtyOrder = parsed.GetValue(DirtyOrder) ?? e.DirtyOrder,
            View = parsed.GetValue(View) switch { "migration" => Replay.View.Migration, "iova" => Replay.View.Iova, "gpa" => Replay.View.Gpa, _ => e.View },
            PageSize = parsed.GetValue(PageSize) ?? e.PageSize,
            HarvestEvery = parsed.GetValue(Harvest) ?? e.HarvestEvery,
            Flush = parsed.GetValue(Flush) is { } flush ? FlushOf(flush) : e.Flush,
            FlushChunk = parsed.GetValue(FlushChunk) ?? e.FlushChunk,
            HarvestThreads = parsed.GetValue(Threads) ?? e.HarvestThreads,
            Tracker = parsed.GetValue(Tracker) ?? e.Tracker,
            DeviceLogRanges = parsed.GetValue(LogRanges) ?? e.DeviceLogRanges,
            DeviceLogPage = parsed.GetValue(LogPage) ?? e.DeviceLogPage,
            Policy = parsed.GetValue(Policy) ?? e.Policy,
            SplitTo = parsed.GetValue(SplitTo) ?? e.SplitTo,
            SplitDirty = parsed.GetValue(SplitDirty) ?? e.SplitDirty,
            Collapse = parsed.GetValue(Collapse) ?? e.Collapse,
            Unsound = parsed.GetValue(Unsound) ?? e.Unsound,
            Quirks = parsed.GetValue(Quirks) ?? e.Quirks,
            BlockChange = parsed.GetValue(BlockChange) ?? e.BlockChange,
            WarmUp = parsed.GetValue(WarmUp) ?? e.WarmUp,
            CancelAfter = parsed.GetValue(CancelAfter) ?? e.CancelAfter,
            CostProfile = parsed.GetValue(Costs) ?? e.CostProfile,
            CostLevel = parsed.GetValue(CostLevel) ?? e.CostLevel,
            Loop = parsed.GetValue(Loop) ?? e.Loop,
            AtomicHarvest = parsed.GetResult(Atomic) is OptionResult { Implicit: false } ? parsed.GetValue(Atomic) : e.AtomicHarvest,
            Invalidations = parsed.GetValue(Invalidations) switch { "recorded" => InvalidationSource.Recorded, "strict" => InvalidationSource.Strict, _ => e.Invalidations },
            FromMark = parsed.GetValue(From) ?? e.FromMark,
            ToMark = parsed.GetValue(To) ?? e.ToMark,
        };
    }

    /// <summary>The strategy of a name.</summary>
    public static FlushStrategy FlushOf(string name) => Flushes.TryGetValue(name, out FlushStrategy flush) ? flush : throw new ArgumentException($"There is no flush strategy '{name}'; there is: {string.Join(", ", Flushes.Keys)}.");

    /// <summary>The name of a strategy.</summary>
    public static string NameOf(FlushStrategy flush) => Flushes.First(f => f.Value == flush).Key;

    /// <summary>Does the experiment file, already read, say which IOMMU?</summary>
    public static bool FileNamesIommu(ParseResult parsed)
    {
        if (parsed.GetValue(ExperimentFile) is not { } file) return false;
        using JsonDocument document = JsonDocument.Parse(BytesOf(file), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        return document.RootElement.TryGetProperty("iommu", out _);
    }

    private static byte[] BytesOf(string file)
    {
        if (Directory.Exists(file)) throw new ArgumentException($"{file} is a folder; --experiment names a JSON file.");
        if (!File.Exists(file)) throw new ArgumentException($"{Path.GetFileName(file)}: there is no such file. --experiment names a JSON file with the settings (docs/replay.md).");
        return File.ReadAllBytes(file);
    }
}
