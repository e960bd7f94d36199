namespace Workbench.Traces.Native;

/// <summary>What is at the end of a .dmat file.</summary>
public enum DmatFooterState
{
    /// <summary>There is none: the file was cut short or never completed.</summary>
    Missing,
    /// <summary>It is there and cannot be trusted.</summary>
    Damaged,
    /// <summary>It is whole and agrees with the blocks.</summary>
    Good,
}

/// <summary>Something wrong in a file.</summary>
/// <param name="Offset">The byte of the file where the damaged part starts.</param>
/// <param name="Text">What is wrong there.</param>
public readonly record struct DmatProblem(long Offset, string Text);

/// <summary>The result of checking every byte of a .dmat file.</summary>
public sealed record DmatVerification
{
    /// <summary>The name the file was given.</summary>
    public required string Name { get; init; }
    /// <summary>Its size in bytes.</summary>
    public required long FileBytes { get; init; }
    /// <summary>Blocks that can be read.</summary>
    public required int GoodBlocks { get; init; }
    /// <summary>Damaged blocks, or places where blocks should be.</summary>
    public required int BadBlocks { get; init; }
    /// <summary>Events in the good blocks.</summary>
    public required long Events { get; init; }
    /// <summary>What is at the end of the file.</summary>
    public required DmatFooterState Footer { get; init; }
    /// <summary>Everything that was found wrong, in file order; empty for a good file.</summary>
    public required IReadOnlyList<DmatProblem> Problems { get; init; }
    /// <summary>Is the file whole?</summary>
    public bool IsGood => Problems.Count == 0;
}
