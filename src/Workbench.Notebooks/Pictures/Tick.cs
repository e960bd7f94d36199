namespace Workbench.Notebooks.Pictures;

/// <summary>A tick of an axis: where, in axis coordinates, and its label (small HTML); an empty label draws none. A digit between powers of ten is set smaller.</summary>
internal readonly record struct Tick(double At, string Label, bool IsDigit = false);
