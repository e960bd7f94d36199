using Workbench.Races.Model;

namespace Workbench.Races.Search;

/// <summary>Explores a model breadth first, so that the first state found to break a property is reached by the fewest steps.</summary>
internal static class BreadthFirst
{
    /// <summary>What was found.</summary>
    /// <param name="Set">The states; they are there until the memory serves another search.</param>
    /// <param name="Broken">For each property that was broken the number of the first state that breaks it.</param>
    /// <param name="Transitions">Steps tried.</param>
    /// <param name="Depth">Most steps from the start to any state.</param>
    /// <param name="IsExhausted">Were all states explored?</param>
    internal sealed record Found(StateSet Set, IReadOnlyDictionary<RaceProperty, int> Broken, long Transitions, int Depth, bool IsExhausted);

    /// <summary>Explores until all states are known, or one is met whose property is as bad as <paramref name="stopsAt"/> (None: never).</summary>
    public static Found Explore(IRaceModel model, int mostStates, RaceProperty stopsAt, SearchMemory memory, CancellationToken cancel)
    {
        memory.Clear();
        StateSet set = memory.Set;
        Successors next = new();
        Dictionary<RaceProperty, int> broken = [];
        set.NumberOf(model.Initial, -1);
        // Where a program can go back it may go round for ever: then every step is kept, to see whether an end can be reached from everywhere.
        Ways? ways = model.HasLoops ? memory.Ways : null;
        long transitions = 0;
        bool hasEnded = false;
        int depth = 0, levelEnd = 1, at = 0;
        for (; at < set.Count && set.Count < mostStates; at++)
        {
            if (at == levelEnd)
            {
                depth++;
                levelEnd = set.Count;
            }
            if ((at & 0xFFF) == 0) cancel.ThrowIfCancellationRequested();
            RaceState state = set[at];
            if (state.Pages.Violation != RaceProperty.None)
            {
                broken.TryAdd(state.Pages.Violation, at);
                ways = null;
                if (state.Pages.Violation <= stopsAt) break;
                continue;
            }
            bool ends = model.HaveAllEnded(state);
            hasEnded |= ends;
            ways?.Begin(ends);
            model.Expand(state, next);
            transitions += next.Count;
            for (int i = 0; i < next.Count; i++)
            {
                int number = set.NumberOf(next[i], at);
                ways?.Add(number);
            }
        }
        // Programs that only go round in circles break nothing, and are of no use.
        if (broken.Count == 0 && at >= set.Count)
        {
            int stuck = ways?.FirstWithoutEnd() ?? (hasEnded ? -1 : set.Count - 1);
            if (stuck >= 0) broken[RaceProperty.Stuck] = stuck;
        }
        return new(set, broken, transitions, depth, at >= set.Count);
    }

    /// <summary>The steps from the start to a state: each with the state before and after.</summary>
    public static IReadOnlyList<(RaceState Before, RaceStep Step, RaceState After)> PathTo(IRaceModel model, StateSet set, int number)
    {
        List<(RaceState, RaceStep, RaceState)> path = [];
        Successors next = new();
        for (int at = number; set.ParentOf(at) is int parent and >= 0; at = parent)
        {
            RaceState before = set[parent], after = set[at];
            model.Expand(before, next);
            for (int i = 0; i < next.Count; i++)
                if (next[i].Equals(after))
                {
                    path.Add((before, next.StepAt(i), after));
                    break;
                }
        }
        path.Reverse();
        return path;
    }
}
