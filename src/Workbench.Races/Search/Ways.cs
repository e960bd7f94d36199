namespace Workbench.Races.Search;

/// <summary>The steps between the states of a search that broke nothing, state by state in the order of their numbers.</summary>
internal sealed class Ways
{
    private readonly List<int> to = [], first = [];
    private readonly List<bool> isEnd = [];

    /// <summary>Forgets the steps and keeps the memory.</summary>
    public void Clear()
    {
        to.Clear();
        first.Clear();
        isEnd.Clear();
    }

    /// <summary>The next state's steps follow.</summary>
    public void Begin(bool ends)
    {
        first.Add(to.Count);
        isEnd.Add(ends);
    }

    public void Add(int number) => to.Add(number);

    /// <summary>The first state from which no end can be reached, or -1.</summary>
    public int FirstWithoutEnd()
    {
        first.Add(to.Count);
        // Most steps lead to later states, so that a few rounds from the last to the first are enough.
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int at = isEnd.Count - 1; at >= 0; at--)
            {
                if (isEnd[at]) continue;
                for (int i = first[at]; i < first[at + 1] && !isEnd[at]; i++) isEnd[at] = isEnd[to[i]];
                changed |= isEnd[at];
            }
        }
        return isEnd.IndexOf(false);
    }
}
