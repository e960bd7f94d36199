namespace Workbench.Notebooks.Pictures;

/// <summary>A tick of an axis: where, in axis coordinates, and its label (small HTML); an empty label draws none.</summary>
internal readonly record struct Tick(double At, string Label);
