using Workbench.Iommu.Faults;
using Xunit;

namespace Workbench.Iommu.Tests.Vtd;

/// <summary>FPD, bit 1 of context, directory and PASID entries, valid even where the entry is not: the request fails, nothing is recorded. hardware.md §2i.</summary>
public sealed class FaultSuppressionTests
{
    private const ulong Page = 0x5000, Fpd = 2;

    private static readonly Dictionary<string, Action<VtdMachine>> Setups = new()
    {
        ["context entry"] = m => m.ContextEntry(VtdMachine.Nic) |= Fpd,
        ["directory entry"] = m => m.DirectoryEntry(VtdMachine.Nic) |= Fpd,
        ["PASID entry"] = m => m.PasidEntry(VtdMachine.Nic) |= Fpd,
        ["context entry not present"] = m => m.ContextEntry(VtdMachine.Nic) = (m.ContextEntry(VtdMachine.Nic) & ~1UL) | Fpd,
        ["directory entry not present"] = m => m.DirectoryEntry(VtdMachine.Nic) = Fpd,
        ["PASID entry not present"] = m => m.PasidEntry(VtdMachine.Nic) = Fpd,
        ["PASID entry invalid"] = m => m.PasidEntry(VtdMachine.Nic) |= Fpd | (7UL << 6),
        ["context entry, PASID entry not present"] = m => { m.ContextEntry(VtdMachine.Nic) |= Fpd; m.PasidEntry(VtdMachine.Nic) = 0; },
    };

    public static TheoryData<string> Names => [.. Setups.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void With_FPD_the_request_fails_unrecorded(string setup)
    {
        using VtdMachine m = new();
        Setups[setup](m);
        Assert.NotEqual(FaultKind.None, m.Write(Page).Fault);
        Assert.Equal((0, 1L), (m.Unit.PendingFaults, m.Counters.Faults));
        Assert.Empty(m.Hardware.DrainFaults());
        m.Write(Page, VtdMachine.Disk); // another device is recorded all the same
        Assert.Equal(1, m.Unit.PendingFaults);
        m.Write(Page);
        Assert.Equal(1, m.Unit.PendingFaults);
    }

    [Fact]
    public void FPD_is_cached_with_the_entry()
    {
        using VtdMachine m = new();
        m.Write(Page);
        m.PasidEntry(VtdMachine.Nic) |= Fpd;
        m.Write(Page);
        Assert.Equal(2, m.Unit.PendingFaults);
        m.Submit(Workbench.Iommu.Vtd.VtdDescriptor.PasidCachePasid(m.Domain.Id, default));
        m.Write(Page);
        Assert.Equal(2, m.Unit.PendingFaults);
    }
}
