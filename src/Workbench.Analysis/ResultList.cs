using System.Collections;

namespace Workbench.Analysis;

/// <summary>Results in the order they were asked for, and what is missing among them: an IOMMU model that lacks what an experiment asks for is left out by name.</summary>
/// <typeparam name="T">A run or a row.</typeparam>
public sealed class ResultList<T> : IReadOnlyList<T>
{
    private readonly T[] items;

    internal ResultList(IEnumerable<T> items, IEnumerable<string> leftOut) => (this.items, LeftOut) = ([.. items], [.. leftOut]);

    /// <summary>What could not be run and why, as sentences; empty if everything could.</summary>
    public IReadOnlyList<string> LeftOut { get; }

    /// <inheritdoc/>
    public int Count => items.Length;

    /// <inheritdoc/>
    public T this[int index] => items[index];

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
