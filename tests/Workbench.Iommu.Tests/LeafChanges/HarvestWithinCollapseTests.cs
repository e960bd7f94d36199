using Workbench.Iommu.LeafChanges;
using Xunit;

namespace Workbench.Iommu.Tests.LeafChanges;

/// <summary>A harvest between two steps of a collapse clears the new leaf, or leaves about to go, while the old tables may still be in use.</summary>
public sealed class HarvestWithinCollapseTests
{
    private const ulong Base = ChangingMachine.Base, Read = Base + 0x4000, Written = Base + 0x7000;

    public static TheoryData<string, int> Machines
    {
        get
        {
            TheoryData<string, int> machines = [];
            foreach (IommuModel model in IommuCatalogue.Models)
                for (int level = model.Name.StartsWith("smmu", StringComparison.Ordinal) ? 0 : 2; level <= 2; level++) machines.Add(model.Name, level);
            return machines;
        }
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void What_is_written_after_it_is_in_the_next_report(string model, int blockChangeLevel)
    {
        foreach (bool wasWritten in (bool[])[false, true])
            foreach (bool again in (bool[])[false, true])
            {
                bool isOver = false;
                for (int moment = 0; !isOver; moment++) isOver = Run(model, blockChangeLevel, moment, wasWritten, again ? Written : Read);
            }
    }

    /// <summary>True if the collapse was over before the moment came.</summary>
    private static bool Run(string model, int blockChangeLevel, int moment, bool wasWritten, ulong page)
    {
        using ChangingMachine m = new(model, blockChangeLevel);
        m.Map(1UL << 21, 12);
        // The device has the old table in its paging-structure cache, and perhaps a page that it believes dirty.
        m.Read(Read);
        if (wasWritten) m.Write(Written);
        int steps = 0;
        bool isBroken = false;
        foreach (LeafChangeStep step in m.Changer.Collapse(m.Domain, [Base], 21))
        {
            if (steps++ != moment) continue;
            Assert.True(!wasWritten || ChangingMachine.Holds(m.Scan(), Written) || m.LeafLog2(Base) == 0, $"{step.Kind}: first report");
            isBroken = m.Write(page) != Faults.FaultKind.None;
        }
        Assert.Equal(21, m.LeafLog2(Base));
        if (isBroken) Assert.Equal(Faults.FaultKind.None, m.Write(page));
        Assert.True(steps <= moment || ChangingMachine.Holds(m.Scan(), page), $"after step {moment}, 0x{page:x}, written before: {wasWritten}");
        Assert.Empty(m.Lost);
        return moment >= steps;
    }
}
