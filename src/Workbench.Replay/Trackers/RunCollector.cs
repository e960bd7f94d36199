using System.Numerics;
using Workbench.Iommu;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;

namespace Workbench.Replay.Trackers;

/// <summary>Passes dirty leaves on to the oracle and keeps them as ranges to invalidate: contiguous runs of leaves, or each leaf by itself.</summary>
internal sealed class RunCollector(bool joins) : IDirtySink
{
    private readonly List<(ulong FirstByte, ulong LastByte, int SmallestLog2, int LargestLog2)> runs = [];

    /// <summary>Who is told.</summary>
    public IDirtySink? Next { get; set; }
    public int Count => runs.Count;

    public void Report(ulong firstPage, int leafLog2)
    {
        Next?.Report(firstPage, leafLog2);
        Add(firstPage << 12, (firstPage << 12) | ((1UL << leafLog2) - 1), leafLog2);
    }

    public void Report(ulong firstPage, int leafLog2, ulong leaves)
    {
        Next?.Report(firstPage, leafLog2, leaves);
        while (leaves != 0)
        {
            int at = BitOperations.TrailingZeroCount(leaves), count = joins ? BitOperations.TrailingZeroCount(~(leaves >> at)) : 1;
            ulong first = (firstPage << 12) + ((ulong)at << leafLog2);
            Add(first, first + (((ulong)count << leafLog2) - 1), leafLog2);
            leaves &= ~(Bits.Mask(count) << at);
        }
    }

    private void Add(ulong first, ulong last, int leafLog2)
    {
        if (joins && runs.Count > 0 && runs[^1] is var run && run.LastByte + 1 == first && run.LastByte != ulong.MaxValue)
            runs[^1] = (run.FirstByte, last, Math.Min(run.SmallestLog2, leafLog2), Math.Max(run.LargestLog2, leafLog2));
        else runs.Add((first, last, leafLog2, leafLog2));
    }

    /// <summary>Fills a gather with one range.</summary>
    public void Fill(InvalidationGather gather, int index)
    {
        (ulong first, ulong last, int smallest, int largest) = runs[index];
        gather.Add(first, last, smallest);
        gather.Add(first, last, largest);
    }

    public void Clear() => runs.Clear();
}
