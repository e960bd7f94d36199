using Workbench.Iommu.Invalidation;

namespace Workbench.Replay.Iommufd;

/// <summary>The leaves whose dirty bits a walk cleared, as they are to be invalidated: one hull, or runs of adjacent leaves.</summary>
internal sealed class ClearedRuns(bool asHull)
{
    private readonly List<Run> runs = [];
    private readonly InvalidationGather gather = new();

    private record struct Run(ulong FirstByte, ulong LastByte, int SmallestLeafLog2, int LargestLeafLog2);

    public int Count => runs.Count;

    public void Add(ulong firstByte, ulong lastByte, int leafLog2)
    {
        if (runs.Count == 0 || (!asHull && runs[^1].LastByte + 1 != firstByte))
        {
            runs.Add(new(firstByte, lastByte, leafLog2, leafLog2));
            return;
        }
        Run run = runs[^1];
        runs[^1] = new(Math.Min(run.FirstByte, firstByte), Math.Max(run.LastByte, lastByte), Math.Min(run.SmallestLeafLog2, leafLog2), Math.Max(run.LargestLeafLog2, leafLog2));
    }

    /// <summary>Invalidates all of it and waits; returns the commands it took.</summary>
    public int Invalidate(Hwpt hwpt)
    {
        int commands = 0;
        foreach (Run run in runs)
        {
            gather.Add(run.FirstByte, run.LastByte, run.SmallestLeafLog2);
            gather.Add(run.FirstByte, run.LastByte, run.LargestLeafLog2);
            commands += hwpt.Driver.Invalidate(hwpt.Domain, gather);
        }
        runs.Clear();
        return commands;
    }
}
