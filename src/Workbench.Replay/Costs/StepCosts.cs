namespace Workbench.Replay.Costs;

/// <summary>What the steps of software take in trace time, whole ns.</summary>
public readonly record struct StepCosts
{
    public long ScanEntry { get; init; }
    public long ClearEntry { get; init; }
    public long WriteEntry { get; init; }
    public long ReadEntry { get; init; }
    public long TableAllocate { get; init; }
    public long Command { get; init; }
    public long Fault { get; init; }
    public long BitmapByte { get; init; }
    public long RangeInvalidation { get; init; }

    public long InvalidateRange(int concurrent) => RangeInvalidation;
    public long InvalidateDomain(int concurrent) => RangeInvalidation;
}
