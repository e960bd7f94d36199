namespace Workbench.Races.Model;

/// <summary>Where the entries of the modelled region lie in a state.</summary>
internal static class Slots
{
    /// <summary>The level-1 entry: a 2 MiB leaf, or a pointer to the lower table.</summary>
    public const int Block = 0;
    /// <summary>The first of the lower table's entries, one for each page.</summary>
    public const int FirstLeaf = 1;
    /// <summary>The guest's own leaf, where translation has two stages.</summary>
    public const int Guest = FirstLeaf + RaceState.MostPages;
    /// <summary>How many there are.</summary>
    public const int Count = Guest + 1;

    /// <summary>The lower table's entry of a page.</summary>
    public static int Leaf(int page) => FirstLeaf + page;
}
