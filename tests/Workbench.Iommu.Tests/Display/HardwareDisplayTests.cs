using Workbench.Iommu.Dirty;
using Workbench.Iommu.Faults;
using Workbench.Testing;
using Xunit;

namespace Workbench.Iommu.Tests.Display;

public sealed class HardwareDisplayTests
{
    private static readonly RequesterId Nic = RequesterId.Of(0, 1, 0);

    private static void IsApproved(object value, string name) => Shown.IsApproved(value, "Workbench.Iommu.Tests", name);

    [Fact]
    public void A_fault_says_what_who_and_where() => IsApproved(
        new Fault(FaultKind.NoWritePermission, Nic, new Pasid(7), new Iova(0x1234_5000), IsWrite: true) { Where = new(FaultStage.Second, new Gpa(0x8000), OnTable: true, ToUpdateTable: true, UnreachableEntry: 0x2000_0000_0008), IsStalled = true }, "fault");

    [Fact]
    public void Every_kind_of_fault_has_words()
    {
        foreach (FaultKind kind in Enum.GetValues<FaultKind>().Skip(1))
        {
            string text = Shown.Text(new Fault(kind, Nic, null, new Iova(0x1000), IsWrite: false));
            Assert.Matches("^Read at 0x1000 by 00:01.0: [A-Za-z ]+\\.$", text);
        }
        Assert.Contains("PASID not allowed", Shown.Text(new Fault(FaultKind.PasidNotAllowed, Nic, null, default, IsWrite: false)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_default_value_of_every_struct_is_shown()
    {
        Assert.Equal("No fault.", Shown.Text(default(Fault)));
        Assert.Equal("0x0, page of 1 B, from the IOTLB.", Shown.Text(default(Translation)));
        Assert.Contains("All counts are 0.", Shown.Text(default(IommuCounters)), StringComparison.Ordinal);
        foreach (object value in (object[])[default(Fault), default(Translation), default(IommuCounters), new IommuSpec(), new PageSet()]) Shown.Html(value);
        Shown.Text(new Fault((FaultKind)200, default, null, default, IsWrite: false) { Where = new((FaultStage)9) });
        Shown.Text(new Translation { PageLog2 = 200, Source = (TranslationSource)77, Granted = (Permission)99, Fault = FaultKind.None });
    }

    [Fact]
    public void A_translation_says_where_it_leads_and_where_it_came_from()
    {
        IsApproved(new Translation { Physical = 0x12_3456_7000, PageLog2 = 21, Source = TranslationSource.Rewalk, Granted = Permission.ReadWrite, Swallowed = true }, "translation");
        Assert.Equal("No translation: not present (by a walk).", Shown.Text(new Translation { Fault = FaultKind.NotPresent, Source = TranslationSource.Walk }));
    }

    [Fact]
    public void Counters_leave_out_what_is_zero() =>
        IsApproved(new IommuCounters { IotlbHits = 1_234_567, IotlbMisses = 65_433, Walks = 65_433, TableReads = 200_000, DirtyUpdates = 12 }, "counters");

    [Fact]
    public void Every_counter_has_a_row()
    {
        object all = default(IommuCounters);
        System.Reflection.FieldInfo[] fields = typeof(IommuCounters).GetFields();
        for (int i = 0; i < fields.Length; i++) fields[i].SetValue(all, 1_000_001L + i);
        string text = Shown.Text(all);
        for (int i = 0; i < fields.Length; i++) Assert.Contains($"1,000,{i + 1:000}", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_specification_is_a_list_of_what_it_asks_for() => IsApproved(new IommuSpec { Model = "smmuv3-s2", GranuleLog2 = 16, DeviceTlbEntries = 64, LargestLeafLog2 = 29, BlockChangeLevel = 1 }, "specification");

    [Fact]
    public void A_domain_shows_its_devices_and_its_table()
    {
        using IIommuDriver driver = IommuCatalogue.Build(new() { Model = "vtd" });
        Domain domain = driver.CreateDomain(new(3));
        Assert.Contains("Nothing is mapped.", Shown.Text(domain), StringComparison.Ordinal);
        driver.Attach(Nic, null, domain);
        driver.SetDirtyTracking(domain, enable: true);
        driver.Map(domain, 0x4000_0000, 0x1_0000_0000, 4UL << 20, Permission.ReadWrite, 21, new());
        driver.Map(domain, 0x1000, 0x9000, 0x1000, Permission.Read, 12, new());
        for (ulong page = 0; page < 8; page++) driver.Map(domain, 0x10_0000 + (page * 0x2000), 0x50_0000 + (page * 0x3000), 0x1000, Permission.ReadWrite, 12, new());
        driver.Hardware.Translate(new(Nic, 0x4020_0000, isWrite: true), out _);
        driver.Hardware.Translate(new(Nic, 0x10_6000, isWrite: true), out _);
        IsApproved(domain, "domain");
    }
}
