namespace Workbench.Races.Reproduction;

/// <summary>What became of one entry of a table.</summary>
/// <param name="Entry">Its name in protocols: block, or leaf[n].</param>
/// <param name="Before">The 64-bit word before.</param>
/// <param name="After">The word after.</param>
public readonly record struct EntryChange(string Entry, ulong Before, ulong After);
