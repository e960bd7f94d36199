using Workbench.Iommu.Faults;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Smmu;

/// <summary>An update may become visible after its write, at the next CMD_SYNC. DDI 0487 D8.5.3; IHI 0070 §3.13.4; hardware.md 3.4.</summary>
public sealed class LagTests
{
    private const ulong Page = 0x5000;

    public static TheoryData<string> Models => ["smmu", "smmu-s2"];

    private static SmmuMachine Machine(string model, bool lags = true)
    {
        SmmuMachine m = new(new() { Model = model, DirtyMayLag = lags });
        m.Map(Page, 0x9000, 0x4000, largest: 12);
        return m;
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_written_page_reads_clean_until_a_sync(string model)
    {
        using SmmuMachine m = Machine(model);
        Assert.Equal(FaultKind.None, m.Write(Page).Fault);
        Assert.False(m.IsDirty(Page));
        m.Submit(SmmuCommand.TlbiNsnhAll()); // consumed, which says nothing of completion
        Assert.False(m.IsDirty(Page));
        Assert.Equal(1, m.Driver.Fence());
        Assert.True(m.IsDirty(Page));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Without_lag_it_reads_dirty_at_once(string model)
    {
        using SmmuMachine m = Machine(model, lags: false);
        m.Write(Page);
        Assert.True(m.IsDirty(Page));
    }

    // The last-scan rule: the device is stopped, and a scan without a fence misses its last writes.
    [Theory]
    [MemberData(nameof(Models))]
    public void The_last_scan_needs_a_fence_before_it(string model)
    {
        using SmmuMachine m = Machine(model);
        m.Write(Page);
        Assert.Empty(m.Scan(clear: true));
        m.Driver.Fence();
        Assert.Equal([(Page >> 12, 12)], m.Scan(clear: true));
    }

    // A late update is picked up one round later, as long as there is one.
    [Fact]
    public void A_late_update_is_found_by_the_next_round()
    {
        using SmmuMachine m = Machine("smmu");
        m.Write(Page);
        Invalidation.InvalidationGather gather = new();
        m.Write(Page + 0x1000);
        m.Driver.Fence();
        m.Write(Page + 0x2000);
        Assert.Equal(2, m.Scan(clear: true, gather).Count);
        m.Driver.Invalidate(m.Domain, gather);
        Assert.Equal([((Page >> 12) + 2, 12)], m.Scan(clear: true));
    }

    [Fact]
    public void An_update_that_lags_behind_an_unmap_touches_nothing()
    {
        using SmmuMachine m = Machine("smmu");
        m.Write(Page);
        m.Domain.Table.Unmap(Page, 0x1000, null, new());
        m.Driver.Fence();
        Assert.Equal(0UL, m.Entry(Page));
    }

    // Translation requests are the exception: the page is dirty before the device hears.
    [Fact]
    public void A_translation_request_never_lags()
    {
        using SmmuMachine m = new(new() { Model = "smmu", DirtyMayLag = true, DeviceTlbEntries = 16 });
        m.Map(Page, 0x9000, 0x1000);
        m.Write(Page);
        Assert.True(m.IsDirty(Page));
    }
}
