namespace Workbench.Races.Search;

/// <summary>What a search keeps, for one search after the other: millions of states are not left to the collector each time.</summary>
internal sealed class SearchMemory
{
    public StateSet Set { get; } = new();

    public Ways Ways { get; } = new();

    public void Clear()
    {
        Set.Clear();
        Ways.Clear();
    }
}
