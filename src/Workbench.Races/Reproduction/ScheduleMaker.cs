using Workbench.Races.Model;
using Workbench.Races.Search;

namespace Workbench.Races.Reproduction;

/// <summary>Makes steps of a schedule of the coarse model's: numbers the accesses, and says what is evicted where.</summary>
internal sealed class ScheduleMaker
{
    // Which access is in which place of the state.
    private int[] numbers = new int[RaceState.MostAccesses];
    private int begun;

    public List<ScheduleStep> StepsOf(in RaceState before, RaceStep step, in RaceState after)
    {
        List<ScheduleStep> steps = [];
        int number = step.Who < RaceState.MostAccesses ? numbers[step.Who] : 0;
        switch (step.Kind)
        {
            case StepKind.Software:
                steps.Add(new() { Kind = ScheduleStepKind.Software, Program = step.Who });
                break;
            case StepKind.Execute:
                steps.Add(new() { Kind = ScheduleStepKind.Execute, Program = step.Who, Command = step.Page });
                break;
            case StepKind.Publish:
                steps.Add(new() { Kind = ScheduleStepKind.Publish });
                break;
            case StepKind.Land:
                steps.Add(new() { Kind = ScheduleStepKind.Land, Access = number });
                break;
            case StepKind.Hit or StepKind.Miss or StepKind.Fault:
                AddAccess(steps, before, step, after);
                number = begun;
                break;
            default: throw new System.Diagnostics.UnreachableException($"No step of a schedule is made of {step.Kind}.");
        }
        Follow(before, step, after, number);
        return steps;
    }

    private void AddAccess(List<ScheduleStep> steps, in RaceState before, RaceStep step, in RaceState after)
    {
        AccessFor what = CoarseModel.ForOf(step);
        Cached own = before.Caches.Iotlb(step.Page), large = before.Caches.Iotlb(CachedTranslations.Large);
        bool isDevices = before.Caches.Device(step.Page) != Cached.None || before.Caches.Device(CachedTranslations.Large) != Cached.None;
        if (what == AccessFor.TranslateToWrite && isDevices) steps.Add(new() { Kind = ScheduleStepKind.EvictDevice, Page = step.Page });
        if (step.Kind == StepKind.Hit && (step.What & CoarseModel.EvictsOther) != 0) steps.Add(new() { Kind = ScheduleStepKind.Evict, Page = step.Page, Small = own != Cached.Dirty });
        if (step.Kind != StepKind.Hit)
        {
            // What is cached as clean is replaced by the walk that it makes necessary, if the leaf is of the same size still.
            bool isReplaced = (step.What & CoarseModel.Rewalks) != 0 || (what != AccessFor.Read && ((own == Cached.Clean && large == Cached.None && after.Caches.Iotlb(step.Page) != Cached.None)
                || (large == Cached.Clean && own == Cached.None && after.Caches.Iotlb(CachedTranslations.Large) != Cached.None)));
            if ((own != Cached.None || large != Cached.None) && !isReplaced) steps.Add(new() { Kind = ScheduleStepKind.Evict, Page = step.Page });
            if ((step.What & CoarseModel.FromTop) != 0 && before.Caches.HasTable) steps.Add(new() { Kind = ScheduleStepKind.EvictTable });
        }
        begun++;
        steps.Add(what == AccessFor.TranslateToWrite
            ? new() { Kind = ScheduleStepKind.Request, Access = begun, Page = step.Page }
            : new() { Kind = ScheduleStepKind.Access, Access = begun, Page = step.Page, Write = what == AccessFor.Write });
    }

    /// <summary>States keep accesses in order of what they are at: finds out which went where. Of those that are alike the older ones are met by more invalidations.</summary>
    private void Follow(in RaceState before, RaceStep step, in RaceState after, int number)
    {
        List<(uint Alike, int Number)> known = [];
        for (int i = 0; i < RaceState.MostAccesses; i++)
            if (before[i].Phase != AccessPhase.Idle && !(step.Kind == StepKind.Land && i == step.Who)) known.Add((Alike(before[i]), numbers[i]));
        known.Sort();
        int[] next = new int[RaceState.MostAccesses];
        List<int> places = [.. Enumerable.Range(0, RaceState.MostAccesses)];
        RaceState there = after;
        places.Sort((a, b) => System.Numerics.BitOperations.PopCount((uint)there[b].Old).CompareTo(System.Numerics.BitOperations.PopCount((uint)there[a].Old)) is int order and not 0 ? order : a.CompareTo(b));
        foreach (int place in places)
        {
            if (after[place].Phase == AccessPhase.Idle) continue;
            uint alike = Alike(after[place]);
            int at = known.FindIndex(k => k.Alike == alike);
            next[place] = at < 0 ? number : known[at].Number;
            if (at >= 0) known.RemoveAt(at);
        }
        numbers = next;
    }

    private static uint Alike(Access access) => access.Bits & ~(3u << 8);
}
