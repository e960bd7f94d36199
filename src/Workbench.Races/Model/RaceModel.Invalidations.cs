using Workbench.Races.Hardware;
using Workbench.Races.Search;

namespace Workbench.Races.Model;

/// <summary>Commands on their way, what their completion promises, evictions, and updates that become visible late.</summary>
internal sealed partial class RaceModel<TFormat>
{
    private void ExpandInvalidations(in RaceState state, Successors to)
    {
        for (int agent = 0; agent < programs.Length; agent++)
        {
            AgentState at = state.Agent(agent);
            for (int command = 0; command < AgentState.MostCommands && at.Command(command) != RaceCommand.None; command++)
            {
                if (at.IsExecuted(command)) continue;
                RaceState next = state;
                next.SetAgent(agent, at.Execute(command));
                Execute(ref next, agent, at.Command(command));
                to.Add(next, new(StepKind.Execute, agent, command, (int)at.Command(command)));
                if (!rules.CommandsMayPassEachOther) break;
            }
        }
    }

    private void Execute(ref RaceState state, int agent, RaceCommand command)
    {
        switch (command)
        {
            case RaceCommand.Everything:
                state.Caches = state.Caches.WithoutIotlb().WithTable(false);
                MakeOld(ref state, agent, a => a.Phase is not (AccessPhase.Idle or AccessPhase.WalkBlock or AccessPhase.ReadGuest));
                break;
            case RaceCommand.Leaves:
                state.Caches = state.Caches.WithoutIotlb();
                MakeOld(ref state, agent, a => a.Phase is AccessPhase.Mark or AccessPhase.Translated or AccessPhase.MarkGuestTable or AccessPhase.MarkGuest);
                break;
            case RaceCommand.SecondStage:
                state.Caches = state.Caches.WithIotlb(TablePage, Cached.None);
                MakeOld(ref state, agent, a => a.Phase is AccessPhase.MarkGuestTable or AccessPhase.MarkGuest);
                break;
            case RaceCommand.Combined:
                state.Caches = state.Caches.WithIotlb(DataPage, Cached.None);
                MakeOld(ref state, agent, a => a.Phase is AccessPhase.Mark or AccessPhase.Translated);
                break;
            case RaceCommand.Context:
                state.Caches = state.Caches.WithoutContext();
                MakeOld(ref state, agent, a => a.Phase != AccessPhase.Idle);
                break;
            case RaceCommand.DeviceTlb:
                state.Caches = state.Caches.WithoutDevice();
                MakeOld(ref state, agent, a => a.Phase == AccessPhase.Translated && a.IsByDevice);
                return;
            default: return;
        }
        state.Pages = state.Pages.WithLateOld(state.Pages.LateOld | state.Pages.Late);
    }

    /// <summary>A fence waits for the writes that are taken up now.</summary>
    private void CountWrites(ref RaceState state, int agent)
    {
        for (int i = 0; i < bounds.InFlight; i++)
            if (state[i].Phase == AccessPhase.Translated) state.Set(i, rules.Keeps(RuleSubject.FencesCountLate) ? state[i].MadeOld(agent) : state[i].MadeOld(agent).Counted());
    }

    private void MakeOld(ref RaceState state, int agent, Predicate<Access> isMet)
    {
        for (int i = 0; i < bounds.InFlight; i++)
            if (isMet(state[i])) state.Set(i, state[i].MadeOld(agent));
    }

    /// <summary>
    /// The wait's own command runs when everything before it has: first it marks what it waits for, then it is over when that is. Both are one step where it has
    /// nothing to mark.
    /// </summary>
    private bool TryWait(ref RaceState state, ref AgentState after, int agent, RaceCommand fence)
    {
        AgentState at = state.Agent(agent);
        bool isFenced = false, areExecuted = true;
        for (int command = 0; command < AgentState.MostCommands && at.Command(command) != RaceCommand.None; command++)
        {
            areExecuted &= at.IsExecuted(command);
            isFenced |= at.Command(command) is RaceCommand.Fence or RaceCommand.FenceWrites;
        }
        if (!areExecuted && (isFenced || !rules.DrainsOnlyWhenAsked || rules.Keeps(RuleSubject.FencesCountLate))) return false;
        if (!isFenced && (rules.DrainsOnlyWhenAsked || rules.DirtyMayBeLate))
        {
            after = at.Submit(fence).Execute(CommandsOf(at));
            if (rules.DirtyMayBeLate) state.Pages = state.Pages.WithLateOld(state.Pages.LateOld | LateOfCompleted(state));
            if (rules.DrainsOnlyWhenAsked && fence == RaceCommand.FenceWrites) CountWrites(ref state, agent);
            return true;
        }
        bool drains = rules.Keeps(RuleSubject.CompletionDrainsWrites) && (!rules.DrainsOnlyWhenAsked || fence == RaceCommand.FenceWrites);
        for (int i = 0; i < bounds.InFlight; i++)
        {
            Access access = state[i];
            if (!access.IsOldFor(agent)) continue;
            bool isOpen = access.Phase == AccessPhase.Translated
                ? access.IsByDevice ? rules.Keeps(RuleSubject.AtsDrainsWrites) && (!rules.DrainsOnlyWhenAsked || fence == RaceCommand.FenceWrites) : drains && (access.IsCounted || rules.Keeps(RuleSubject.FencesCountLate))
                : rules.Keeps(RuleSubject.CompletionEndsWalks);
            if (isOpen) return false;
        }
        if (rules.Keeps(RuleSubject.CompletionPublishesDirty) && state.Pages.LateOld != 0) return false;
        after = at.WithoutCommands().Advance();
        return true;
    }

    /// <summary>A fence by itself waits for the updates of writes that have landed, no others (IHI 0070 §4.7.3).</summary>
    private int LateOfCompleted(in RaceState state)
    {
        int late = state.Pages.Late;
        for (int i = 0; i < bounds.InFlight; i++)
            if (state[i].Phase == AccessPhase.Translated) late &= ~((1 << state[i].Page) | (1 << (RaceState.MostPages + state[i].Page)));
        return late;
    }

    private static int CommandsOf(AgentState agent)
    {
        int count = 0;
        while (count < AgentState.MostCommands && agent.Command(count) != RaceCommand.None) count++;
        return count;
    }

    /// <summary>The leaf may have been split or collapsed since: the update then goes to what is there now (Arm DDI 0487, D8.5), if the page may still be written.</summary>
    private void ExpandLateUpdates(in RaceState state, Successors to)
    {
        for (int bit = 0; bit < 2 * RaceState.MostPages; bit++)
        {
            int update = 1 << bit, page = bit % RaceState.MostPages;
            if ((state.Pages.Late & update) == 0) continue;
            RaceState next = state;
            next.Pages = state.Pages.WithLate(state.Pages.Late & ~update).WithLateOld(state.Pages.LateOld & ~update);
            int slot = bit < RaceState.MostPages ? Slots.Leaf(page) : Slots.Block;
            if (slot == Slots.Block && state.Entry(Slots.Block) == words.Table) slot = Slots.Leaf(page);
            RaceStep step = new(StepKind.Publish, 0, page, 0);
            if (slot != Slots.Block && state.Pages.IsTableFreed)
            {
                to.Add(Violated(next, RaceProperty.WrongTranslation), step);
                continue;
            }
            ulong entry = words.Word(state.Entry(slot));
            int level = LevelOf(slot);
            if (TFormat.IsPresent(entry, level) && TFormat.IsLeaf(entry, level) && (TFormat.PermissionOf(entry, level, true) & Iommu.Permission.Write) != 0)
            {
                next.SetEntry(slot, words.NumberOf(TFormat.MarkDirty(entry)));
                Earn(ref next, AccessFor.Write, page);
            }
            to.Add(next, step);
        }
    }

    private static void ExpandEvictions(in RaceState state, Successors to)
    {
        for (int entry = 0; entry <= CachedTranslations.Large; entry++)
        {
            RaceState next = state;
            if (state.Caches.Iotlb(entry) != Cached.None)
            {
                next.Caches = state.Caches.WithIotlb(entry, Cached.None);
                to.Add(next, new(StepKind.Evict, 0, entry, 0));
            }
            if (state.Caches.Device(entry) == Cached.None) continue;
            next.Caches = state.Caches.WithDevice(entry, Cached.None);
            to.Add(next, new(StepKind.Evict, 1, entry, 0));
        }
        RaceState other = state;
        if (state.Caches.HasTable)
        {
            other.Caches = state.Caches.WithTable(false);
            to.Add(other, new(StepKind.Evict, 2, 0, 0));
        }
        if (!state.Caches.HasContext) return;
        other.Caches = state.Caches.WithoutContext();
        to.Add(other, new(StepKind.Evict, 3, 0, 0));
    }
}
