namespace Workbench.Races.Reproduction;

/// <summary>The trace that a schedule belongs to.</summary>
/// <param name="File">Its name, without folder.</param>
/// <param name="Sha256">The file's hash, 64 hexadecimal digits.</param>
public sealed record ScheduleTrace(string File, string Sha256);
