namespace Workbench.Notebooks.Packages;

/// <summary>Code of a cell without its #r and #i lines, and what they brought.</summary>
/// <param name="Text">The code, padded so that its line numbers are the cell's; directives are empty lines.</param>
/// <param name="References">The paths of assemblies to refer to.</param>
internal sealed record CellCode(string Text, IReadOnlyList<string> References);
