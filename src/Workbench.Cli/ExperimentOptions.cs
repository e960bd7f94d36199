using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Invalidation;
using Workbench.Replay;

namespace Workbench.Cli;

/// <summary>The options that say how to replay, shared by the commands that do.</summary>
internal static class ExperimentOptions
{
    private static readonly Option<string?> View = new("--view") { Description = "migration, iova or gpa [default: migration, what a migration of the recorded guest tracks]" };
    private static readonly Option<string?> PageSize = new("--page-size") { Description = "largest leaf, a size the model has (4K, 64K, 2M, 1G, …), or as-mapped [default: as-mapped; the granule in the gpa view]" };
    private static readonly Option<string?> Granule = new("--granule") { Description = "4K, 16K or 64K where the model has them [default: 4K]" };
    private static readonly Option<string?> Harvest = new("--harvest") { Description = "trace time between harvests, e.g. 100ms; 0 for one at the end [default: 100ms]" };
    private static readonly Option<string?> Flush = new("--flush") { Description = "after (sound), none or before (unsound, to see pages missed) [default: after]" };
    private static readonly Option<string?> Iotlb = new("--iotlb") { Description = $"SETSxWAYS:replacement:index, e.g. 16x4:lru:hash, or a preset: {string.Join(", ", IotlbGeometry.PresetNames.Select(p => p.Name))} [default: assumed-64]" };
    private static readonly Option<int?> AddressBits = new("--address-bits") { Description = "input address width, one the model has (mostly 39, 48, 57; a wrong one is answered with the list) [default: 48]" };
    private static readonly Option<int?> DeviceTlb = new("--device-tlb") { Description = "devices with ATS and a TLB of so many translations; 0 for none [default: 0]" };
    private static readonly Option<string?> Driver = new("--driver") { Description = $"how invalidations are chosen: {string.Join(", ", DriverProfile.All.Select(p => p.Name))} [default: linux]" };
    private static readonly Option<string?> DirtyOrder = new("--dirty-order") { Description = "before-data, or may-lag: D may become visible after the write (Arm) [default: before-data]" };
    private static readonly Option<bool> Atomic = new("--atomic-harvest") { Description = "harvests take no time: no DMA falls into them" };
    private static readonly Option<string?> Invalidations = new("--invalidations") { Description = "recorded or strict: which invalidations follow unmaps in the iova view [default: recorded]" };
    private static readonly Option<string?> From = new("--from") { Description = "text of the mark at which tracking begins [default: the trace's beginning]" };
    private static readonly Option<string?> To = new("--to") { Description = "text of the mark at which the device stops [default: the trace's end]" };
    private static readonly Option<string?> ExperimentFile = new("--experiment") { Description = "a JSON file with these settings (docs/replay.md); options given beside it win" };

    static ExperimentOptions()
    {
        View.AcceptOnlyFromAmong("migration", "iova", "gpa");
        Flush.AcceptOnlyFromAmong("after", "none", "before");
        Invalidations.AcceptOnlyFromAmong("recorded", "strict");
    }

    /// <summary>Gives a command these options.</summary>
    public static void AddTo(Command command)
    {
        foreach (Option option in (Option[])[View, PageSize, Granule, Harvest, Flush, Iotlb, AddressBits, DeviceTlb, Driver, DirtyOrder, Atomic, Invalidations, From, To, ExperimentFile]) command.Add(option);
    }

    /// <summary>The experiment they describe, not validated.</summary>
    public static Experiment Read(ParseResult parsed)
    {
        Experiment e = new();
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
            Flush = parsed.GetValue(Flush) switch { "after" => FlushStrategy.After, "none" => FlushStrategy.None, "before" => FlushStrategy.Before, _ => e.Flush },
            AtomicHarvest = parsed.GetResult(Atomic) is OptionResult { Implicit: false } ? parsed.GetValue(Atomic) : e.AtomicHarvest,
            Invalidations = parsed.GetValue(Invalidations) switch { "recorded" => InvalidationSource.Recorded, "strict" => InvalidationSource.Strict, _ => e.Invalidations },
            FromMark = parsed.GetValue(From) ?? e.FromMark,
            ToMark = parsed.GetValue(To) ?? e.ToMark,
        };
    }

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
