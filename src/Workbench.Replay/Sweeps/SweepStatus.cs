namespace Workbench.Replay.Sweeps;

/// <summary>What became of a cell.</summary>
public enum SweepStatus : byte
{
    /// <summary>It was replayed.</summary>
    Done,
    /// <summary>The model cannot do what the cell asks; the row says why.</summary>
    Cannot,
    /// <summary>It failed: the trace is damaged, a mark is missing, memory ran out; the row says why.</summary>
    Error,
}
