using System.Collections;
using Workbench.Display;
using Workbench.Replay.Display;

namespace Workbench.Replay.Footprints;

/// <summary>Which pre-copy migrations keep up with what a trace writes: page size by bandwidth by downtime, by the mean and by the maximum.</summary>
[TypeFormatterSource(typeof(SelfFormatter<PreCopyMap, PreCopyMapDisplay>))]
public sealed class PreCopyMap : IReadOnlyList<PreCopyCell>
{
    private readonly IReadOnlyList<PreCopyCell> cells;

    internal PreCopyMap(PreCopyOptions options, IReadOnlyList<PreCopyCell> cells) => (Options, this.cells) = (options, cells);

    /// <summary>What was asked.</summary>
    public PreCopyOptions Options { get; }

    /// <inheritdoc/>
    public int Count => cells.Count;

    /// <inheritdoc/>
    public PreCopyCell this[int index] => cells[index];

    /// <inheritdoc/>
    public IEnumerator<PreCopyCell> GetEnumerator() => cells.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
