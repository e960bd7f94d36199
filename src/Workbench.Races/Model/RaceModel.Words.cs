using Workbench.Races.Protocols;
using Workbench.Races.Search;

namespace Workbench.Races.Model;

/// <summary>Steps in words.</summary>
internal sealed partial class RaceModel<TFormat>
{
    public ulong WordOf(in RaceState state, int slot) => words.Word(state.Entry(slot));

    public string Describe(in RaceState before, RaceStep step, in RaceState after)
    {
        string access = step.What switch
        {
            (int)AccessFor.Read => $"read of page {step.Page}",
            (int)AccessFor.TranslateToWrite => $"request for a translation to write page {step.Page}",
            _ => $"write to page {step.Page}",
        };
        switch (step.Kind)
        {
            case StepKind.Software: return programs[step.Who][step.What].Text + Outcome(before, step, after);
            case StepKind.Hit when after.Pages.Violation == RaceProperty.TlbConflict: return $"{access}: entries of two sizes match";
            case StepKind.Hit when after.Pages.Violation == RaceProperty.WrongTranslation: return $"{access}: the IOTLB still has it, and the page is someone else's memory by now";
            case StepKind.Hit: return $"{access}: {(IsByDevice(before, step) ? "the device's own TLB" : "the IOTLB")} has it as dirty, so no entry is looked at";
            case StepKind.Miss when CountCached(after) < CountCached(before): return $"{access}: what was cached does not do, or was evicted; a walk begins";
            case StepKind.Miss: return $"{access}: nothing cached does; a walk begins";
            case StepKind.ReadBlock or StepKind.ReadLeaf:
                string entry = step.Kind == StepKind.ReadBlock ? "block" : $"leaf[{step.Page}]";
                return $"{access}: the walk reads {entry}{Found(before, step, after)}";
            case StepKind.ReadGuest: return $"{access}: the walk reads the guest's entry{(before.Entry(Slots.Guest) == GuestDirty ? ", dirty" : ", clean")}";
            case StepKind.MarkGuestTable: return before.Entries != after.Entries ? "the page of the guest's table, leaf[1], gets D" : before.Caches.Iotlb(TablePage) == Cached.Dirty ? "the page of the guest's table is cached as dirty, so leaf[1] is not looked at" : "the page of the guest's table, leaf[1], is dirty already";
            case StepKind.MarkGuest: return "the guest's entry gets D: page 1 changes";
            case StepKind.Guest: return "the guest clears its own D and invalidates its own translations";
            case StepKind.Mark: return $"{access}: the walk goes on with the entry that it read";
            case StepKind.Land: return $"{access}: the data land{(after.Pages.Violation == RaceProperty.WrongTranslation ? " in memory that is someone else's by now" : "")}";
            case StepKind.Execute: return $"{CommandName((RaceCommand)step.What)} is executed";
            case StepKind.Evict: return step.Who switch { 2 => "the cached pointer to the table is evicted", 3 => "the cached context is evicted", 1 => "the device evicts a translation", _ => "a cached translation is evicted" };
            case StepKind.Publish: return $"the D of a write to page {step.Page} becomes visible";
            case StepKind.Fault: return $"an access to page {step.Page} faults";
            default: return "nothing can happen any more";
        }
    }

    private static bool IsByDevice(in RaceState before, RaceStep step) => before.Caches.Device(step.Page) != Cached.None || before.Caches.Device(CachedTranslations.Large) != Cached.None;

    private static int CountCached(in RaceState state) => System.Numerics.BitOperations.PopCount(state.Caches.Bits & 0x7FF);

    private string Found(in RaceState before, RaceStep step, in RaceState after)
    {
        if (after.Pages.Violation == RaceProperty.WrongTranslation)
            return before.Pages.IsTableFreed ? ", in a table that is someone else's memory by now" : before.Pages.IsUntracked ? ", with the context that was to be gone" : ", and gives a page that is someone else's memory by now";
        int slot = step.Kind == StepKind.ReadBlock ? Slots.Block : Slots.Leaf(step.Page);
        if (step.Kind == StepKind.ReadBlock && TFormat.IsPresent(words.Word(before.Entry(slot)), 1) && !TFormat.IsLeaf(words.Word(before.Entry(slot)), 1)) return ", a table";
        if (before.Entries != after.Entries) return " and sets D";
        if (before.Pages.Late != after.Pages.Late) return "; D will become visible later";
        return words.IsDirty(before.Entry(slot)) ? ", dirty" : ", clean";
    }

    private string Outcome(in RaceState before, RaceStep step, in RaceState after)
    {
        RaceInstruction instruction = programs[step.Who][step.What];
        if (!IsDone(instruction, before.Agent(step.Who))) return " (not dirty: skipped)";
        switch (instruction.Op)
        {
            case RaceOp.Load or RaceOp.Swap or RaceOp.Clean:
                RaceState seen = before;
                if (instruction.Op != RaceOp.Load) CommitLateUpdates(ref seen, instruction.Slot, isOverwritten: false);
                return words.IsDirty(seen.Entry(instruction.Slot)) ? " (D was set)" : " (D was clear)";
            case RaceOp.CompareAndSwap: return after.Agent(step.Who).Next == instruction.Else && before.Entries == after.Entries ? " (failed)" : "";
            case RaceOp.Wait: return after.Agent(step.Who).Next == before.Agent(step.Who).Next ? " (begun)" : " (completed)";
            default: return "";
        }
    }

    private static string CommandName(RaceCommand command) => command switch
    {
        RaceCommand.Leaves => "the invalidation of leaves",
        RaceCommand.Everything => "the invalidation",
        RaceCommand.DeviceTlb => "the invalidation of the device's TLB",
        RaceCommand.Context => "the invalidation of the context",
        RaceCommand.SecondStage => "the invalidation of the second stage's entries",
        RaceCommand.Combined => "the invalidation of entries of both stages",
        _ => "the fence",
    };
}
