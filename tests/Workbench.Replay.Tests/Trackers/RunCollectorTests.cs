using CsCheck;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Replay.Trackers;
using Xunit;

namespace Workbench.Replay.Tests.Trackers;

/// <summary>Leaves told 64 at a time are the same as told one by one.</summary>
public class RunCollectorTests
{
    private sealed class Singles : IDirtySink
    {
        public List<(ulong, int)> All { get; } = [];

        public void Report(ulong firstPage, int leafLog2) => All.Add((firstPage, leafLog2));
    }

    [Fact]
    public void A_mask_is_its_leaves() => Gen.Select(Gen.Select(Gen.ULong[0, 3], Gen.OneOf(Gen.ULong, Gen.Const(ulong.MaxValue), Gen.Const(1UL << 63), Gen.Const(1UL))).Array[1, 4], Gen.OneOf(12, 14, 21), Gen.Bool).Sample((groups, leafLog2, joins) =>
    {
        Singles told = new(), expectedTold = new();
        RunCollector masks = new(joins) { Next = told }, singles = new(joins) { Next = expectedTold };
        foreach ((ulong group, ulong leaves) in groups.OrderBy(g => g.Item1))
        {
            ulong first = (group * 64) << (leafLog2 - 12);
            masks.Report(first, leafLog2, leaves);
            for (int n = 0; n < 64; n++)
                if ((leaves >> n & 1) != 0) singles.Report(first + ((ulong)n << (leafLog2 - 12)), leafLog2);
        }
        Assert.Equal(expectedTold.All, told.All);
        Assert.Equal(Ranges(singles), Ranges(masks));
    }, iter: 500);

    private static List<(ulong, ulong, int, int)> Ranges(RunCollector runs)
    {
        List<(ulong, ulong, int, int)> ranges = [];
        for (int i = 0; i < runs.Count; i++)
        {
            InvalidationGather gather = new();
            runs.Fill(gather, i);
            ranges.Add((gather.FirstByte, gather.LastByte, gather.SmallestLeafLog2, gather.LargestLeafLog2));
        }
        return ranges;
    }
}
