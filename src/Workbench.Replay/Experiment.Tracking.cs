using Workbench.Iommu;
using Workbench.Iommu.LeafChanges;
using Workbench.Replay.Costs;
using Workbench.Replay.Iommufd;
using Workbench.Replay.Policies;
using Workbench.Replay.Trackers;

namespace Workbench.Replay;

/// <summary>Splitting, collapsing, quirks and costs.</summary>
public sealed partial record Experiment
{
    private static readonly (string Name, Func<LeafChangeProtocol, LeafChangeProtocol> Change)[] UnsoundSteps =
    [
        ("drop-dirty", p => p with { Dirty = DirtyCarry.Drop }),
        ("plain-store", p => p with { Install = LeafInstall.PlainStore }),
        ("ignore-late", p => p with { LateDirty = LateDirty.Ignore }),
        ("no-flush", p => p with { Flush = LeafFlush.None }),
        ("flush-before", p => p with { Flush = LeafFlush.Before }),
        ("free-early", p => p with { Release = TableRelease.BeforeFlush }),
        ("skip-break", p => p with { SkipBreak = true }),
    ];

    /// <summary>When large leaves are split: a name of <see cref="PolicyCatalogue.SplitNames"/>.</summary>
    public string Policy { get; init; } = "never";
    /// <summary>What leaves are split into: a leaf size of the model.</summary>
    public string SplitTo { get; init; } = "4K";
    /// <summary>What becomes of a dirty leaf that is split: "carry" (all new leaves are dirty) or "harvest-first" (it is reported and cleared, the new ones begin clean).</summary>
    public string SplitDirty { get; init; } = "carry";
    /// <summary>When what was split is collapsed: a name of <see cref="PolicyCatalogue.CollapseNames"/>.</summary>
    public string Collapse { get; init; } = "never";
    /// <summary>Steps of splits and collapses that are done wrongly on purpose, separated by commas; empty: none.</summary>
    public string Unsound { get; init; } = "";
    /// <summary>Whose defects the driver has: "fixed" (none) or "linux-6.12".</summary>
    public string Quirks { get; init; } = "fixed";
    /// <summary>How an SMMU lets the size of a leaf change, IDR3.BBML: 0 break before make, 1 with nT, 2 at once.</summary>
    public int BlockChange { get; init; } = 2;
    /// <summary>Trace time before tracking begins, a number with ns, us, ms or s; "0": at the beginning, or at <see cref="FromMark"/>. After a time given there it is counted from that time.</summary>
    public string WarmUp { get; init; } = "0";
    /// <summary>Trace time after the beginning of tracking at which the migration is given up (collapse on-cancel); "0": never.</summary>
    public string CancelAfter { get; init; } = "0";
    /// <summary>What steps cost: a built-in profile's name or the path of a file.</summary>
    public string CostProfile { get; init; } = "assumed";
    /// <summary>At which end of its ranges the profile lets trace time pass: "low", "default" or "high".</summary>
    public string CostLevel { get; init; } = "default";

    /// <summary>
    /// When the device's events come: "open" at their recorded times; "closed" later by all that its translations cost so far (a device that waits for each
    /// answer), "streaming" later while the one before still holds it up (a device that has more to do).
    /// </summary>
    public string Loop { get; init; } = "open";

    /// <summary>Names of the trackers, for messages and options.</summary>
    public static string TrackerNames => TrackerCatalogue.Names;

    /// <summary>Does this experiment lose nothing, if the model is right?</summary>
    public bool IsSound => (!TrackerCatalogue.Invalidates(Tracker) || (Tracker == "iommufd" ? EffectiveFlush : Flush).IsSound) && (UnsoundParts.Length == 0 || Policy == "never");

    /// <summary>Names of the steps that can be done wrongly, for messages.</summary>
    public static string UnsoundNames { get; } = string.Join(", ", UnsoundSteps.Select(s => s.Name));

    internal long WarmUpNs => Duration.TryParse(WarmUp, out long ns) ? ns : 0;
    internal long CancelAfterNs => Duration.TryParse(CancelAfter, out long ns) ? ns : 0;
    internal int SplitToLog2 => PageSizes.Log2Of(SplitTo) ?? 12;
    internal LeafChangeProtocol LeafChangeProtocol => UnsoundSteps.Where(s => UnsoundParts.Contains(s.Name)).Aggregate(LeafChangeProtocol.Sound, (protocol, step) => step.Change(protocol));

    private string[] UnsoundParts => Unsound.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private bool SkipsTlbi => Quirks == "linux-6.12" && KernelQuirks.Linux612.SmmuClearWithoutTlbi && Iommu.StartsWith("smmu", StringComparison.Ordinal);

    /// <summary>The strategy as it works with the quirks of the driver.</summary>
    internal FlushStrategy EffectiveFlush => SkipsTlbi ? FlushStrategy.None : Flush;

    /// <summary>Which step of a harvest loses a page that is written through a cached entry.</summary>
    internal string? EffectiveFlushCause => SkipsTlbi ? "the SMMUv3 driver of Linux 6.12 issues no TLBI after clearing D" : Flush.IsSound ? null : Flush.LossCause;

    /// <summary>What steps take by a profile; nothing if harvests are atomic.</summary>
    internal StepCosts StepCostsOf(CostProfile profile) => AtomicHarvest ? default : profile.StepsAt(Level).With(Costs);

    internal CostLevel Level => CostLevel switch { "low" => Replay.Costs.CostLevel.Low, "high" => Replay.Costs.CostLevel.High, _ => Replay.Costs.CostLevel.Default };

    /// <summary>What is said of splits and collapses that the policies named here never come to, as sentences.</summary>
    internal IEnumerable<string> LeafOptionsWithoutEffect()
    {
        if (Policy == "never")
        {
            if (Collapse != "never") yield return $"Collapse {Collapse} has no effect: with policy never nothing is split.";
            if (SplitDirty != "carry") yield return $"Split dirty {SplitDirty} has no effect: with policy never nothing is split.";
            if (Unsound.Length > 0) yield return $"The unsound steps ({Unsound}) have no effect: with policy never nothing is split.";
        }
        if (CancelAfterNs > 0 && Collapse != "on-cancel") yield return $"Cancel after {CancelAfter} has no effect: only collapse on-cancel does anything when a migration is given up.";
    }

    private IEnumerable<string> TrackingProblems()
    {
        if (!PolicyCatalogue.HasSplit(Policy)) yield return $"There is no policy '{Policy}'; there is: {PolicyCatalogue.SplitNames}. {PolicyCatalogue.SizeRule}";
        if (!PolicyCatalogue.HasCollapse(Collapse)) yield return $"There is no collapse policy '{Collapse}'; there is: {PolicyCatalogue.CollapseNames}. {PolicyCatalogue.HarvestsRule}";
        if (Policy == "seen-dirty" && FromText is null && WarmUpNs == 0) yield return "Policy seen-dirty splits what was written before tracking began: say when that is, with --warm-up or with a mark for --from.";
        if (Collapse == "on-cancel" && CancelAfterNs == 0) yield return "Collapse on-cancel: say when the migration is given up, with --cancel-after.";
        foreach (string step in UnsoundParts.Where(step => UnsoundSteps.All(s => s.Name != step))) yield return $"There is no unsound step '{step}'; there is: {UnsoundNames}.";
        if (SplitDirty is not ("carry" or "harvest-first")) yield return $"splitDirty '{SplitDirty}' is none; carry or harvest-first.";
        if (Quirks is not ("fixed" or "linux-6.12")) yield return $"Quirks '{Quirks}' are none; fixed or linux-6.12.";
        if (BlockChange is < 0 or > 2) yield return $"blockChange is {BlockChange}; IDR3.BBML is 0, 1 or 2.";
        else if (BlockChange != 2 && IommuCatalogue.Find(Iommu) is not null && !Iommu.StartsWith("smmu", StringComparison.Ordinal)) yield return $"blockChange {BlockChange} is a level of an SMMU; {Iommu} changes leaves at once.";
        if (!Duration.TryParse(WarmUp, out long warmUp) || warmUp < 0) yield return $"Warm-up '{WarmUp}' is no duration; write a number with ns, us, ms or s (2s), or 0.";
        if (!Duration.TryParse(CancelAfter, out long cancel) || cancel < 0) yield return $"Cancel after '{CancelAfter}' is no duration; write a number with ns, us, ms or s (2s), or 0.";
        if (Loop is not ("open" or "closed" or "streaming")) yield return $"Loop '{Loop}' is none; open, closed or streaming.";
        if (CostLevel is not ("low" or "default" or "high")) yield return $"Cost level '{CostLevel}' is none; low, default or high.";
        if (IommuCatalogue.Find(Iommu) is { } model && model.LeafSizes.TryGetValue(PageSizes.Log2Of(Granule) ?? 0, out ulong sizes) && (PageSizes.Log2Of(SplitTo) is not { } to || (sizes & (1UL << to)) == 0) && Policy != "never")
            yield return $"splitTo '{SplitTo}': {model.Name} has leaves of {PageSizes.ShowAll(sizes)}.";
    }
}
