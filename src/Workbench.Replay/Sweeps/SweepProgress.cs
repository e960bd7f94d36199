namespace Workbench.Replay.Sweeps;

/// <summary>How far a sweep is.</summary>
/// <param name="Cells">Cells that have their row, those of earlier runs among them.</param>
/// <param name="AllCells">Cells in all.</param>
/// <param name="Events">Events replayed by this run, summed over cells.</param>
/// <param name="AllEvents">Events that this run has to replay, as far as traces say how many they have.</param>
public readonly record struct SweepProgress(int Cells, int AllCells, long Events, long AllEvents);
