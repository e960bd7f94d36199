using Workbench.Iommu.LeafChanges;
using Workbench.Iommu.PageTables;
using Workbench.Races.Hardware;
using Workbench.Races.Protocols;
using Workbench.Races.Search;

namespace Workbench.Races.Model;

/// <summary>
/// The machine in small steps, over one vendor's page-table format. What is merged into one step, and why nothing is lost by it: docs/races.md, "What counts as
/// one step".
/// </summary>
internal sealed partial class RaceModel<TFormat> : IRaceModel
    where TFormat : struct, IDirtyTrackingFormat
{
    private readonly HardwareRules rules;
    private readonly RaceProtocol protocol;
    private readonly RaceBounds bounds;
    private readonly bool isReduced;
    private readonly IGuestWords? guest;
    private readonly RaceInstruction[][] programs;
    private readonly EntryWords<TFormat> words;
    private readonly bool togglesTracking, hasSharedLeaf;

    public RaceModel(HardwareRules rules, RaceProtocol protocol, RaceBounds bounds, bool isReduced, IGuestWords? guest = null)
    {
        (this.rules, this.protocol, this.bounds, this.isReduced, this.guest) = (rules, protocol, bounds, isReduced, guest);
        programs = [.. ProgramCompiler.Compile(protocol, bounds).Select(p => p.ToArray())];
        togglesTracking = protocol.StartsUntracked || programs.Any(p => p.Any(i => i.Op == RaceOp.Tracking));
        hasSharedLeaf = protocol.Scene is Scene.Block or Scene.Run or Scene.Nested || programs.Any(p => p.Any(i => i.Slot == Slots.Block && i.Value is not null));
        HasLoops = Uses(i => i.Op == RaceOp.CompareAndSwap);
        words = new(protocol.Scene, bounds.Pages);
        Initial = Begin();
    }

    public RaceState Initial { get; }

    public bool HasLoops { get; }

    private RaceState Begin()
    {
        RaceState state = default;
        if (protocol.Scene == Scene.Block) state.SetEntry(Slots.Block, words.NumberOf(words.Block()));
        else
        {
            state.SetEntry(Slots.Block, words.Table);
            state.Pages = state.Pages.WithTable();
            for (int page = 0; page < bounds.Pages; page++)
            {
                ulong leaf = protocol.Scene == Scene.Run ? words.Member(page) : words.Page(page);
                // Without tracking a driver maps leaves dirty: some hardware would fault otherwise, the rest does not care.
                state.SetEntry(Slots.Leaf(page), words.NumberOf(protocol.StartsUntracked ? TFormat.MarkDirty(leaf) : leaf));
            }
        }
        if (guest is not null) state.SetEntry(Slots.Guest, words.NumberOf(guest.Clean));
        state.Caches = state.Caches.WithTracking(!protocol.StartsUntracked);
        return state;
    }

    public int LineOf(RaceStep step) => programs[step.Who][step.What].Line;

    public bool IsConcernedWith(RuleSubject subject) => subject switch
    {
        RuleSubject.AtsSetsDirty or RuleSubject.AtsDrainsWrites => protocol.HasAts,
        RuleSubject.FencesCountLate => rules.DrainsOnlyWhenAsked,
        RuleSubject.GuestTablesAreTracked => guest is not null,
        RuleSubject.OneMemberIsMarked => protocol.Scene == Scene.Run,
        RuleSubject.TrackingOff => togglesTracking,
        RuleSubject.SizesMayMeet => Uses(i => i.Slot == Slots.Block && i.Value is not null),
        RuleSubject.NonTranslatingIsNotCached => Uses(i => i.Value?.Kind == ValueKind.NonTranslating) && rules.LeafChange != LeafChangeRule.AtOnce,
        RuleSubject.CommandsInOrder => programs.Any(p => p.Zip(p.Skip(1)).Any(pair => pair.First.Op == RaceOp.Submit && pair.Second.Op == RaceOp.Submit)),
        RuleSubject.LateUpdatesAreCommitted or RuleSubject.CompletionPublishesDirty => rules.DirtyMayBeLate,
        _ => true,
    };

    private bool Uses(Func<RaceInstruction, bool> what) => programs.Any(p => p.Any(what));

    public void Expand(in RaceState state, Successors to)
    {
        to.Clear();
        if (state.Pages.Violation != RaceProperty.None) return;
        for (int agent = 0; agent < programs.Length; agent++)
        {
            if (!isReduced || !IsAlone(state, agent)) continue;
            // Nobody else can see or hinder this step: whatever else comes first, it comes to the same.
            ExpandSoftware(state, agent, to);
            return;
        }
        for (int agent = 0; agent < programs.Length; agent++) ExpandSoftware(state, agent, to);
        ExpandDevice(state, to);
        ExpandInvalidations(state, to);
        if (state.Pages.Late != 0) ExpandLateUpdates(state, to);
        if (guest is not null) ExpandGuest(state, to);
        if (!isReduced) ExpandEvictions(state, to);
        if (to.Count == 0 && !HaveAllEnded(state)) to.Add(Violated(state, RaceProperty.Stuck), new(StepKind.End, 0, 0, 0));
    }

    public bool HaveAllEnded(in RaceState state)
    {
        for (int agent = 0; agent < programs.Length; agent++)
            if (state.Agent(agent).Next < programs[agent].Length) return false;
        return true;
    }

    private static RaceState Violated(in RaceState state, RaceProperty property)
    {
        RaceState violated = state;
        violated.Pages = state.Pages.Violating(property);
        return violated;
    }

    /// <summary>A page's leaf covers these pages, so that one D speaks for them all.</summary>
    private int ReportedTogether(int page) => hasSharedLeaf ? (1 << bounds.Pages) - 1 : 1 << page;
}
