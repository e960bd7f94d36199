using Workbench.Races.Model;
using Workbench.Races.Protocols;
using Workbench.Races.Search;

namespace Workbench.Races.Reproduction;

/// <content>Programs, on the words that the IOMMU walks.</content>
internal sealed partial class EngineRun<TFormat>
{
    private string DoNext(int program)
    {
        AgentState at = agents[program];
        if (at.Next >= programs[program].Length) throw new ArgumentException($"program {program} has ended.");
        RaceInstruction instruction = programs[program][at.Next];
        AgentState after = at.Advance();
        string outcome = "";
        int slot = instruction.Slot;
        switch (instruction.Op)
        {
            case var _ when !IsDone(instruction, at):
                outcome = " (not dirty: skipped)";
                break;
            case RaceOp.Load:
                after = after.WithRegister(instruction.Register, Number(Volatile.Read(ref scene[slot])));
                break;
            case RaceOp.Store:
                Overtake(slot);
                Volatile.Write(ref scene[slot], ValueOf(instruction, at));
                break;
            case RaceOp.Swap:
                Overtake(slot);
                after = after.WithRegister(instruction.Register, Number(Interlocked.Exchange(ref scene[slot], ValueOf(instruction, at))));
                break;
            case RaceOp.Clean:
                Overtake(slot);
                ulong dirty = scene[slot];
                while (Interlocked.CompareExchange(ref scene[slot], TFormat.Clean(dirty), dirty) is ulong seen && seen != dirty) dirty = seen;
                if (instruction.Register >= 0) after = after.WithRegister(instruction.Register, Number(dirty));
                break;
            case RaceOp.Protect:
                Overtake(slot);
                ulong writable = scene[slot];
                while (Interlocked.CompareExchange(ref scene[slot], ReadOnly(writable, slot), writable) is ulong met && met != writable) writable = met;
                break;
            case RaceOp.CompareAndSwap:
                Overtake(slot);
                ulong expected = ToEngine(words.Word(at.Register(instruction.Register)));
                if (Interlocked.CompareExchange(ref scene[slot], ValueOf(instruction, at), expected) == expected) break;
                after = at.At(instruction.Else);
                outcome = " (failed)";
                break;
            case RaceOp.Record:
                Record(instruction.Pages);
                break;
            case RaceOp.Copy:
                (Stale, Recorded) = (Stale & ~Recorded, 0);
                break;
            case RaceOp.CopyAll:
                (Stale, Recorded) = (0, 0);
                break;
            case RaceOp.Submit:
                after = after.Submit(instruction.Command);
                break;
            case RaceOp.Wait:
                after = Wait(at, after, instruction.Command);
                outcome = after.Next == at.Next ? " (begun)" : " (completed)";
                break;
            case RaceOp.StopDevice:
                isStopping = true;
                break;
            case RaceOp.DrainDevice:
                if (inFlight.Count > 0) throw new ArgumentException($"'{instruction.Text}': the data of access {inFlight.Keys.Min()} have not landed.");
                isQuiet = isStopping;
                break;
            case RaceOp.EndMapping:
                ended |= instruction.Pages;
                break;
            case RaceOp.Release:
                if ((Stale & instruction.Pages) != 0) Broken = RaceProperty.LostPage;
                Released |= instruction.Pages;
                break;
            case RaceOp.FreeTable:
                scene.FreeTable(late);
                break;
            default: throw new System.Diagnostics.UnreachableException($"No schedule does {instruction.Op}.");
        }
        agents[program] = after;
        hadTable |= slot == Slots.Block && scene[Slots.Block] == scene.TableWord;
        if (HasEnded) Judge();
        return instruction.Text + outcome;
    }

    private bool IsDone(RaceInstruction instruction, AgentState at) => instruction.IfDirty.Count == 0 || instruction.IfDirty.Any(v => words.IsDirty(words.Value(v, at, 0)));

    private int Number(ulong word) => words.NumberOf(ToModel(word));

    private ulong ValueOf(RaceInstruction instruction, AgentState at) =>
        ToEngine(words.Word(words.Value(instruction.Value ?? throw new System.Diagnostics.UnreachableException("A write has a value."), at, instruction.Slot == Slots.Block ? 1 : 0)));

    private ulong ReadOnly(ulong word, int slot) => ToEngine(words.Word(words.ReadOnly(Number(word), slot == Slots.Block ? 1 : 0)));

    /// <summary>Software that writes an entry comes after the updates of it that were decided before (HardwareCatalogue, late updates are committed): atomic operations see them, a store overwrites them.</summary>
    private void Overtake(int slot)
    {
        if ((late & (1 << slot)) != 0) Publish();
    }

    private void Record(int pages)
    {
        int added = pages & ~Recorded & ((1 << bounds.Pages) - 1);
        Recorded |= added;
        if (protocol.RepeatsReports) return;
        for (int page = 0; page < bounds.Pages; page++)
            if ((added & (1 << page)) != 0 && --credits[page] < 0) Broken = RaceProperty.OverReport;
    }

    /// <summary>The updates that a wait makes visible are steps of the schedule; what landed when, too.</summary>
    private AgentState Wait(AgentState at, AgentState after, RaceCommand fence)
    {
        bool isFenced = false;
        int count = 0;
        for (; count < AgentState.MostCommands && at.Command(count) != RaceCommand.None; count++)
        {
            if (!at.IsExecuted(count)) throw new ArgumentException($"'wait': command {count} was not executed.");
            isFenced |= at.Command(count) is RaceCommand.Fence or RaceCommand.FenceWrites;
        }
        return !isFenced && (hardware.DrainsOnlyWhenAsked || hardware.DirtyMayBeLate) ? at.Submit(fence).Execute(count) : after.WithoutCommands();
    }

    private void Judge()
    {
        if (Broken != RaceProperty.None) return;
        if (!protocol.IsCancelled && (Stale & ~Released) != 0) Broken = RaceProperty.LostPage;
        else if ((hadTable && !scene.IsTableFreed && scene[Slots.Block] != scene.TableWord) || (ended & ~Released) != 0) Broken = RaceProperty.Leak;
    }
}
