using Workbench.Iommu.LeafChanges;

namespace Workbench.Races.Hardware;

/// <summary>What one vendor's IOMMU promises and what it may do, as far as races depend on it.</summary>
public sealed record HardwareRules
{
    /// <summary>The column in tables, e.g. amd or smmu-bbml0.</summary>
    public required string Name { get; init; }
    /// <summary>The model of <see cref="Workbench.Iommu.IommuCatalogue"/> whose page-table format it has.</summary>
    public required string Model { get; init; }
    /// <summary>One line for people.</summary>
    public required string About { get; init; }
    /// <summary>How the size of a leaf may change while devices use it.</summary>
    public LeafChangeRule LeafChange { get; init; }
    /// <summary>Are commands between two waits executed in any order?</summary>
    public bool CommandsMayPassEachOther { get; init; }
    /// <summary>Does a mismatch make the walk begin again at the same entry, instead of at the top?</summary>
    public bool RetriesAtTheSameLevel { get; init; }
    /// <summary>May D become visible after the data?</summary>
    public bool DirtyMayBeLate { get; init; }
    /// <summary>Do writes have to be drained by asking for it (RISC-V's IOFENCE.C with PW = 1)?</summary>
    public bool DrainsOnlyWhenAsked { get; init; }
    /// <summary>Does a clear D fault where tracking is off, instead of being ignored?</summary>
    public bool FaultsWithoutTracking { get; init; }
    /// <summary>May the TLB hold members of a run by themselves?</summary>
    public bool CachesMembersOfRuns { get; init; }
    /// <summary>Is it a column for every protocol, or only for those that name it?</summary>
    public bool IsShownByDefault { get; init; } = true;
    /// <summary>The rules with their sources; subjects that do not concern this vendor are missing.</summary>
    public required IReadOnlyList<HardwareRule> Rules { get; init; }
    /// <summary>Rules that are left out, to see what rests on them.</summary>
    public IReadOnlySet<RuleSubject> Without { get; init; } = new HashSet<RuleSubject>();

    /// <summary>The rule on a subject, or null.</summary>
    public HardwareRule? RuleOn(RuleSubject subject) => Rules.FirstOrDefault(r => r.Subject == subject);

    /// <summary>The same part, were it to break a promise on a subject; null if it makes none.</summary>
    public HardwareRules? Weaker(RuleSubject subject) => subject switch
    {
        RuleSubject.DirtyEntriesAreTrusted or RuleSubject.OneMemberIsMarked or RuleSubject.WritesLandLater => null,
        RuleSubject.DirtyBeforeData => DirtyMayBeLate ? null : this with { DirtyMayBeLate = true },
        RuleSubject.SizesMayMeet => LeafChange == LeafChangeRule.AtOnce ? this with { LeafChange = LeafChangeRule.BreakBeforeMake } : null,
        RuleSubject.CommandsInOrder => CommandsMayPassEachOther ? null : this with { CommandsMayPassEachOther = true },
        RuleSubject.TrackingOff => FaultsWithoutTracking ? null : this with { FaultsWithoutTracking = true },
        _ => Lacking(subject),
    };

    /// <summary>The same part, were it to do without a freedom that it has on a subject; null if it takes none.</summary>
    public HardwareRules? Stronger(RuleSubject subject) => subject switch
    {
        RuleSubject.DirtyEntriesAreTrusted or RuleSubject.OneMemberIsMarked or RuleSubject.WritesLandLater => Lacking(subject),
        RuleSubject.DirtyBeforeData => DirtyMayBeLate ? this with { DirtyMayBeLate = false } : null,
        RuleSubject.CompletionDrainsWrites => DrainsOnlyWhenAsked ? this with { DrainsOnlyWhenAsked = false } : null,
        RuleSubject.SizesMayMeet => LeafChange == LeafChangeRule.AtOnce ? null : this with { LeafChange = LeafChangeRule.AtOnce },
        RuleSubject.CommandsInOrder => CommandsMayPassEachOther ? this with { CommandsMayPassEachOther = false } : null,
        RuleSubject.TrackingOff => this with { FaultsWithoutTracking = !FaultsWithoutTracking },
        _ => null,
    };

    private HardwareRules Lacking(RuleSubject subject) => this with { Without = new HashSet<RuleSubject>(Without) { subject } };

    internal bool Keeps(RuleSubject subject) => !Without.Contains(subject);
}
