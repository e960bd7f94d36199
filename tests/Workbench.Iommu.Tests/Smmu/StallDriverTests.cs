using Workbench.Iommu.Ats;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.PageTables;
using Xunit;

namespace Workbench.Iommu.Tests.Smmu;

/// <summary>A driver that answers stalled accesses. IHI 0070 §3.12.2, §4.7.1.</summary>
public sealed class StallDriverTests
{
    private const ulong Page = 4096;
    private static readonly RequesterId Device = RequesterId.Of(0, 1, 0);

    public static TheoryData<string> Models => ["smmu", "smmu-s2"];

    private static IIommuDriver Machine(string model, out Domain domain, bool stalls = true)
    {
        IIommuDriver driver = IommuCatalogue.Build(new() { Model = model, StallsFaults = stalls });
        domain = driver.CreateDomain(new(1));
        driver.Attach(Device, null, domain);
        Assert.Equal(MapResult.Mapped, driver.Map(domain, Page, 0x9000, Page, Permission.Read, 12, new()));
        return driver;
    }

    private static FaultKind Write(IIommuDriver driver, ulong iova)
    {
        driver.Hardware.Translate(new(Device, iova, isWrite: true), out Translation translation);
        return translation.Fault;
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_refused_write_goes_on_once_its_leaf_allows_it(string model)
    {
        using IIommuDriver driver = Machine(model, out Domain domain);
        Assert.Equal(FaultKind.NoWritePermission, Write(driver, Page + 8));
        Assert.True(driver.TryTakeStall(out StalledAccess stalled));
        Assert.Equal((Device, null, new Iova(Page + 8), true), (stalled.Device, stalled.Pasid, stalled.Iova, stalled.IsWrite));
        InvalidationGather gather = new();
        domain.Table.Protect(Page, Page, Permission.ReadWrite, null, gather);
        driver.Invalidate(domain, gather);
        Translation outcome = driver.AnswerStall(stalled, retry: true);
        Assert.Equal((FaultKind.None, 0x9008UL), (outcome.Fault, outcome.Physical));
        Assert.False(driver.TryTakeStall(out _));
        Assert.Equal(FaultKind.None, Write(driver, Page));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void An_aborted_access_keeps_its_fault(string model)
    {
        using IIommuDriver driver = Machine(model, out _);
        Write(driver, 5 * Page);
        Assert.True(driver.TryTakeStall(out StalledAccess stalled));
        Assert.Equal(FaultKind.NotPresent, driver.AnswerStall(stalled, retry: false).Fault);
        Assert.False(driver.TryTakeStall(out _));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_retry_that_is_refused_again_is_held_again(string model)
    {
        using IIommuDriver driver = Machine(model, out _);
        Write(driver, Page);
        Assert.True(driver.TryTakeStall(out StalledAccess stalled));
        Assert.Equal(FaultKind.NoWritePermission, driver.AnswerStall(stalled, retry: true).Fault);
        Assert.True(driver.TryTakeStall(out StalledAccess again));
        Assert.Equal((stalled.Iova, true), (again.Iova, again.Tag != stalled.Tag));
    }

    [Fact]
    public void A_stall_names_its_PASID()
    {
        using IIommuDriver driver = Machine("smmu", out Domain domain);
        driver.Attach(Device, new Pasid(7), domain);
        driver.Hardware.Translate(new(Device, 5 * Page, isWrite: false, pasidOrNone: 7), out _);
        Assert.True(driver.TryTakeStall(out StalledAccess stalled));
        Assert.Equal((new Pasid(7), false), (stalled.Pasid, stalled.IsWrite));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Without_the_setting_nothing_is_held(string model)
    {
        using IIommuDriver driver = Machine(model, out _, stalls: false);
        Assert.Equal(FaultKind.NoWritePermission, Write(driver, Page));
        Assert.False(driver.TryTakeStall(out _));
    }

    [Theory]
    [InlineData("vtd")]
    [InlineData("vtd-fs")]
    [InlineData("amd")]
    [InlineData("amd-v2")]
    [InlineData("riscv")]
    [InlineData("riscv-g")]
    public void Other_vendors_refuse_to_hold_faults(string model) =>
        Assert.Contains("only an SMMU holds it", Assert.Throws<ArgumentException>(() => IommuCatalogue.Build(new() { Model = model, StallsFaults = true })).Message, StringComparison.Ordinal);

    [Fact]
    public void Stalls_beside_device_TLBs_are_refused() =>
        Assert.Contains("choose one", Assert.Throws<ArgumentException>(() => IommuCatalogue.Build(new() { Model = "smmu", StallsFaults = true, DeviceTlbEntries = 4 })).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("amd", "has none")]
    [InlineData("riscv", "serves no page requests")]
    public void Page_requests_are_refused_where_they_are_not_served(string model, string reason) =>
        Assert.Contains(reason, Assert.Throws<ArgumentException>(() => IommuCatalogue.Build(new() { Model = model, DeviceTlbEntries = 4, OnPageRequest = _ => PageResponse.Success })).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("vtd")]
    [InlineData("vtd-fs")]
    [InlineData("amd-v2")]
    [InlineData("smmu")]
    [InlineData("smmu-s2")]
    public void A_page_request_of_a_machine_of_the_catalogue_comes_to_software_and_the_device_asks_again(string model)
    {
        Action makeWritable = () => { };
        List<PageRequest> requests = [];
        using IIommuDriver driver = IommuCatalogue.Build(new()
        {
            Model = model, DeviceTlbEntries = 4,
            OnPageRequest = request =>
            {
                requests.Add(request);
                makeWritable();
                return PageResponse.Success;
            },
        });
        Domain domain = driver.CreateDomain(new(1));
        driver.Attach(Device, null, domain);
        driver.Map(domain, Page, 0x9000, Page, Permission.Read, 12, new());
        makeWritable = () =>
        {
            InvalidationGather gather = new();
            domain.Table.Protect(Page, Page, Permission.ReadWrite, null, gather);
            driver.Invalidate(domain, gather);
        };
        Assert.Equal(FaultKind.None, Write(driver, Page + 8));
        PageRequest request = Assert.Single(requests);
        Assert.Equal((Device, null, new Iova(Page), true), (request.Device, request.Pasid, request.Page, request.ToWrite));
    }
}
