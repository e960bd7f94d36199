namespace Workbench.Races.Reproduction;

/// <summary>For what bounds a schedule's programs are unrolled.</summary>
/// <param name="Pages">Pages of the scene, 1 to 4.</param>
/// <param name="Rounds">How often a program repeats what it repeats, 0 to 4.</param>
public sealed record ScheduleBounds(int Pages, int Rounds);
