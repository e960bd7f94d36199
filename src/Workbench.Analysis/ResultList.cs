using System.Collections;
using Microsoft.Data.Analysis;
using Workbench.Analysis.Display;
using Workbench.Display;

namespace Workbench.Analysis;

/// <summary>Results in the order they were asked for, and what is missing among them: an IOMMU model that lacks what an experiment asks for is left out by name.</summary>
/// <typeparam name="T">A run or a row.</typeparam>
[TypeFormatterSource(typeof(SelfFormatter<IResultList, ResultListDisplay>))]
public sealed class ResultList<T> : IReadOnlyList<T>, IResultList
{
    private static readonly string[] OfRuns = ["label", "reportedDirty4K", "overReported4K", "missed4K", "harvestCostNsDefault"];
    private static readonly string[] OfPolicies = ["iommu", "granule", "policy", "flush", "missed4K", "bytesToSend", "harvestNsDefault"];

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

    string IResultList.Title => Words.Count(items.Length, items is ReplayRun[] ? "run" : "row");

    DataFrame IResultList.Frame => items is ReplayRun[] runs ? runs.ToFrame() : items.ToFrame();

    IReadOnlyList<string> IResultList.Columns => items is ReplayRun[] ? OfRuns : OfPolicies;
}
