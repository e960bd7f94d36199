using Workbench.Iommu.Invalidation;
using Xunit;

namespace Workbench.Iommu.Tests.Amd;

/// <summary>Domains, devices and PASIDs as software sets them up. hardware.md §1.5, §1.7, §1b.</summary>
public sealed class AmdDriverTests
{
    private const ulong Page = 0x5000;

    public static TheoryData<string> Models => ["amd", "amd-v2"];

    [Theory]
    [MemberData(nameof(Models))]
    public void The_whole_way_works(string model)
    {
        using AmdMachine m = new(new() { Model = model }, tracking: true);
        m.Map(Page, 0x9000, 0x2000);
        Assert.Equal((0x9123UL, TranslationSource.Walk), (m.Write(Page + 0x123).Physical, m.Write(Page + 0x1123).Source));
        Assert.Equal(TranslationSource.Iotlb, m.Write(Page).Source);
        InvalidationGather gather = new();
        Assert.NotEmpty(m.Scan(clear: true, gather));
        Assert.Equal(2, m.Driver.Invalidate(m.Domain, gather));
        Assert.Empty(m.Scan(clear: false));
        m.Write(Page);
        Assert.NotEmpty(m.Scan(clear: false));
        InvalidationGather gone = new();
        m.Domain.Table.Unmap(Page, 0x2000, null, gone);
        m.Driver.Invalidate(m.Domain, gone);
        Assert.Equal(Faults.FaultKind.NotPresent, m.Read(Page).Fault);
    }
}
