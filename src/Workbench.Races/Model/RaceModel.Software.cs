using Workbench.Races.Hardware;
using Workbench.Races.Protocols;
using Workbench.Races.Search;

namespace Workbench.Races.Model;

/// <summary>The programs' steps.</summary>
internal sealed partial class RaceModel<TFormat>
{
    /// <summary>Can nobody see or hinder an agent's next step? Then it need not be tried in every order with the others' (partial-order reduction).</summary>
    private bool IsAlone(in RaceState state, int agent)
    {
        AgentState at = state.Agent(agent);
        if (at.Next >= programs[agent].Length) return false;
        RaceInstruction instruction = programs[agent][at.Next];
        return instruction.Op switch
        {
            _ when !IsDone(instruction, at) => true,
            RaceOp.Submit => true,
            RaceOp.Store => instruction.Slot is >= Slots.FirstLeaf and < Slots.Guest && !state.Pages.HadTable && programs.Length == 1,
            _ => false,
        };
    }

    /// <summary>Is the condition of a step met?</summary>
    private bool IsDone(RaceInstruction instruction, AgentState at)
    {
        if (instruction.IfDirty.Count == 0) return true;
        foreach (RaceValue value in instruction.IfDirty)
            if (words.IsDirty(words.Value(value, at, 0))) return true;
        return false;
    }

    private void ExpandSoftware(in RaceState state, int agent, Successors to)
    {
        AgentState at = state.Agent(agent);
        if (at.Next >= programs[agent].Length) return;
        RaceInstruction instruction = programs[agent][at.Next];
        RaceState next = state;
        AgentState after = at.Advance();
        int slot = instruction.Slot;
        switch (instruction.Op)
        {
            case var _ when !IsDone(instruction, at):
                break;
            case RaceOp.Load:
                after = after.WithRegister(instruction.Register, state.Entry(slot));
                break;
            case RaceOp.Store:
                CommitLateUpdates(ref next, slot, isOverwritten: true);
                Write(ref next, slot, words.Value(instruction.Value!, at, LevelOf(slot)));
                break;
            case RaceOp.Swap:
                CommitLateUpdates(ref next, slot, isOverwritten: false);
                after = after.WithRegister(instruction.Register, next.Entry(slot));
                Write(ref next, slot, words.Value(instruction.Value!, at, LevelOf(slot)));
                break;
            case RaceOp.Clean:
                CommitLateUpdates(ref next, slot, isOverwritten: false);
                if (instruction.Register >= 0) after = after.WithRegister(instruction.Register, next.Entry(slot));
                Write(ref next, slot, words.NumberOf(TFormat.Clean(words.Word(next.Entry(slot)))));
                break;
            case RaceOp.Protect:
                CommitLateUpdates(ref next, slot, isOverwritten: false);
                Write(ref next, slot, words.ReadOnly(next.Entry(slot), LevelOf(slot)));
                break;
            case RaceOp.ExpectUntracked:
                next.Pages = state.Pages.Untracked();
                break;
            case RaceOp.CompareAndSwap:
                CommitLateUpdates(ref next, slot, isOverwritten: false);
                if (next.Entry(slot) == at.Register(instruction.Register)) Write(ref next, slot, words.Value(instruction.Value!, at, LevelOf(slot)));
                else after = at.At(instruction.Else);
                break;
            case RaceOp.Record:
                if (!TryRecord(ref next, instruction.Pages))
                {
                    to.Add(Violated(state, RaceProperty.OverReport), new(StepKind.Software, agent, 0, at.Next));
                    return;
                }
                break;
            case RaceOp.Copy:
                next.Pages = state.Pages.WithStale(state.Pages.Stale & ~state.Pages.Recorded).WithRecorded(0);
                break;
            case RaceOp.CopyAll:
                next.Pages = state.Pages.WithStale(0).WithRecorded(0);
                break;
            case RaceOp.Submit:
                after = after.Submit(instruction.Command);
                break;
            case RaceOp.Wait:
                if (!TryWait(ref next, ref after, agent, instruction.Command)) return;
                break;
            case RaceOp.Tracking:
                next.Caches = state.Caches.WithTracking(instruction.On);
                break;
            case RaceOp.StopDevice:
                next.Pages = state.Pages.Stopping();
                break;
            case RaceOp.DrainDevice:
                if (!IsIdle(state)) return;
                if (state.Pages.IsStopping) next.Pages = state.Pages.Quiet();
                break;
            case RaceOp.EndMapping:
                next.Pages = state.Pages.WithEnded(state.Pages.Ended | instruction.Pages);
                break;
            case RaceOp.Release:
                if ((state.Pages.Stale & instruction.Pages) != 0) next = Violated(next, RaceProperty.LostPage);
                next.Pages = next.Pages.WithReleased(state.Pages.Released | instruction.Pages);
                break;
            case RaceOp.FreeTable:
                next.Pages = state.Pages.TableFreed();
                break;
            default: throw new System.Diagnostics.UnreachableException($"No program does {instruction.Op}.");
        }
        next.SetAgent(agent, after.Next > at.Next ? after.Keeping(instruction.LiveAfter) : after);
        if (next.Pages.Violation == RaceProperty.None && HaveAllEnded(next)) next = Ended(next);
        // Page 1: a wait that has begun.
        to.Add(next, new(StepKind.Software, agent, instruction.Op == RaceOp.Wait && after.Next == at.Next ? 1 : 0, at.Next));
    }

    /// <summary>Atomic operations of software come after the late updates of the entry and see them; a plain store overwrites them.</summary>
    private void CommitLateUpdates(ref RaceState state, int slot, bool isOverwritten)
    {
        if (state.Pages.Late == 0 || !rules.Keeps(RuleSubject.LateUpdatesAreCommitted)) return;
        int updates = slot == Slots.Block ? 0xF << RaceState.MostPages : slot < Slots.Guest ? 1 << (slot - Slots.FirstLeaf) : 0;
        if ((state.Pages.Late & updates) == 0) return;
        state.Pages = state.Pages.WithLate(state.Pages.Late & ~updates).WithLateOld(state.Pages.LateOld & ~updates);
        if (isOverwritten) return;
        ulong entry = words.Word(state.Entry(slot));
        if (TFormat.IsPresent(entry, LevelOf(slot)) && TFormat.IsLeaf(entry, LevelOf(slot))) state.SetEntry(slot, words.NumberOf(TFormat.MarkDirty(entry)));
    }

    private static int LevelOf(int slot) => slot == Slots.Block ? 1 : 0;

    private void Write(ref RaceState state, int slot, int word)
    {
        state.SetEntry(slot, word);
        if (slot == Slots.Block && word == words.Table) state.Pages = state.Pages.WithTable();
    }

    /// <summary>Sets bits of the bitmap; false if a page was reported too often for what was written.</summary>
    private bool TryRecord(ref RaceState state, int pages)
    {
        int added = pages & ~state.Pages.Recorded & ((1 << bounds.Pages) - 1);
        state.Pages = state.Pages.WithRecorded(state.Pages.Recorded | added);
        if (protocol.RepeatsReports) return true;
        for (int page = 0; page < bounds.Pages; page++)
        {
            if ((added & (1 << page)) == 0) continue;
            int credit = state.Pages.Credit(page);
            if (credit == 0) return false;
            state.Pages = state.Pages.WithCredit(page, credit - 1);
        }
        return true;
    }

    private bool IsIdle(in RaceState state)
    {
        for (int i = 0; i < bounds.InFlight; i++)
            if (state[i].Phase != AccessPhase.Idle) return false;
        return true;
    }

    /// <summary>Judges the end: what is stale now stays stale.</summary>
    private RaceState Ended(in RaceState state)
    {
        if (!protocol.IsCancelled && (state.Pages.Stale & ~state.Pages.Released) != 0) return Violated(state, RaceProperty.LostPage);
        bool isUnlinked = state.Pages.HadTable && !state.Pages.IsTableFreed && state.Entry(Slots.Block) != words.Table;
        bool isKept = (state.Pages.Ended & ~state.Pages.Released) != 0;
        return isUnlinked || isKept ? Violated(state, RaceProperty.Leak) : state;
    }
}
