using Workbench.Races.Model;

namespace Workbench.Races.Search;

/// <summary>What can come after a state; one buffer serves a whole search.</summary>
internal sealed class Successors
{
    private RaceState[] states = new RaceState[64];
    private RaceStep[] steps = new RaceStep[64];

    public int Count { get; private set; }

    public ref RaceState this[int at] => ref states[at];

    public RaceStep StepAt(int at) => steps[at];

    public void Clear() => Count = 0;

    public void Add(in RaceState state, RaceStep step)
    {
        if (Count == states.Length)
        {
            Array.Resize(ref states, Count * 2);
            Array.Resize(ref steps, Count * 2);
        }
        states[Count] = state;
        states[Count].SortAccesses();
        steps[Count++] = step;
    }
}
