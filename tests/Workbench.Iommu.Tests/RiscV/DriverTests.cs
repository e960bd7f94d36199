using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.RiscV;

/// <summary>How the driver turns changes into commands (Linux 7.2 and the profiles), and how it attaches devices and processes. hardware.md 4.5.</summary>
public sealed class DriverTests
{
    private const ulong Page = 0x5000;

    private static IommuSpec Profile(string name, bool ranges = true) => new() { Profile = DriverProfile.Find(name)!, SupportsRangeInvalidation = ranges };

    /// <summary>Pages 0 to 31 of 4 KiB each, cached; after the invalidation, which are still?</summary>
    private static (int Commands, string Left) Invalidate(string model, IommuSpec spec, ulong first, ulong last, bool leafOnly = true)
    {
        using RiscVMachine m = new(model, spec with { Iotlb = new() { Sets = 1, Ways = 64 } });
        m.Map(0, 0x10_0000, 0x2_0000, largest: 12);
        for (ulong page = 0; page < 32; page++) m.Read(page << 12);
        int commands = m.Driver.InvalidateRange(m.Domain, first << 12, (last << 12) | 0xFFF, leafOnly);
        return (commands, string.Concat(Enumerable.Range(0, 32).Select(page => m.Read((ulong)page << 12).Source == TranslationSource.Iotlb ? 'x' : '.')));
    }

    // Per line: with S one aligned range from 8 KiB on, without it one command for each page; and a fence.
    [Theory]
    [InlineData("linux", true, 5, 5, 2, "xxxxx.xxxxxxxxxxxxxxxxxxxxxxxxxx")]
    [InlineData("linux", true, 3, 4, 2, "........xxxxxxxxxxxxxxxxxxxxxxxx")]
    [InlineData("linux", true, 8, 11, 2, "xxxxxxxx....xxxxxxxxxxxxxxxxxxxx")]
    [InlineData("linux", false, 5, 5, 2, "xxxxx.xxxxxxxxxxxxxxxxxxxxxxxxxx")]
    [InlineData("linux", false, 3, 4, 3, "xxx..xxxxxxxxxxxxxxxxxxxxxxxxxxx")]
    [InlineData("aligned", true, 3, 4, 2, "........xxxxxxxxxxxxxxxxxxxxxxxx")]
    [InlineData("aligned", false, 3, 4, 2, "................................")]
    [InlineData("aligned", false, 3, 3, 2, "xxx.xxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
    [InlineData("exact", true, 3, 10, 5, "xxx........xxxxxxxxxxxxxxxxxxxxx")] // 3, 4 to 7, 8 and 9, 10
    [InlineData("exact", false, 3, 10, 9, "xxx........xxxxxxxxxxxxxxxxxxxxx")]
    [InlineData("per-page", true, 3, 10, 9, "xxx........xxxxxxxxxxxxxxxxxxxxx")]
    [InlineData("whole-domain", true, 3, 3, 2, "................................")]
    public void A_range_becomes_these_commands(string profile, bool ranges, int first, int last, int commands, string left)
    {
        foreach (string model in new[] { "riscv", "riscv-g" })
            Assert.Equal((commands, left), Invalidate(model, Profile(profile, ranges), (ulong)first, (ulong)last));
    }

    // More than 512 commands are replaced by one.
    [Theory]
    [InlineData("linux", 512, 513)]
    [InlineData("linux", 513, 2)]
    [InlineData("per-page", 512, 513)]
    [InlineData("per-page", 513, 2)]
    public void Beyond_512_commands_the_whole_domain_goes(string profile, int pages, int commands)
    {
        foreach (string model in new[] { "riscv", "riscv-g" })
            Assert.Equal(commands, Invalidate(model, Profile(profile, ranges: false), 0, (ulong)pages - 1).Commands);
    }

    [Fact]
    public void Without_S_large_leaves_take_one_command_each()
    {
        using RiscVMachine m = new(spec: Profile("linux", ranges: false), tracking: true);
        m.Map(0, 0x4000_0000, 0x80_0000, largest: 21);
        for (ulong i = 0; i < 4; i++) m.Write((i << 21) + 0x1_2000);
        InvalidationGather gather = new();
        Assert.Equal(4, m.Scan(clear: true, gather).Count);
        Assert.Equal(5, m.Driver.Invalidate(m.Domain, gather));
        for (ulong i = 0; i < 4; i++) m.Write((i << 21) + 0x1_2000);
        Assert.Equal(4, m.Scan(clear: false).Count);
    }

    // A table went: its pointers must go too, by NL, or without it by the whole domain.
    [Theory]
    [InlineData("riscv")]
    [InlineData("riscv-g")]
    public void A_freed_table_leaves_the_walk_caches(string model)
    {
        using RiscVMachine m = new(model);
        m.Map(0, 0x10_0000, 0x20_0000, largest: 12);
        m.Read(Page);
        InvalidationGather gather = new();
        m.Domain.Table.Unmap(0, 0x20_0000, null, gather);
        Assert.True(gather.TablesFreed);
        m.Driver.Invalidate(m.Domain, gather);
        m.Map(0, 0x4000_0000, 0x20_0000);
        Assert.Equal((0x4000_5000UL, 21), (m.Read(Page).Physical, (int)m.Read(Page).PageLog2));
    }

    [Fact]
    public void A_part_without_NL_drops_the_whole_domain_for_a_table()
    {
        Workbench.Iommu.Memory.PhysicalMemory memory = new();
        RiscVUnit unit = new(memory, RiscVCapabilities.Default with { SupportsNonLeafInvalidation = false });
        IIommu engine = IommuEngine.Build(unit, unit.Walkers, new() { Sets = 1, Ways = 8 }, unit.Record);
        unit.Connect(engine);
        using IommuDriver driver = new(engine, new RiscVProtocol(memory, unit, new() { FirstStage = RiscVFirstStageMode.Sv39, LargestLeafLog2 = 30 }));
        Domain domain = driver.CreateDomain(new(1));
        driver.Attach(RiscVMachine.Nic, null, domain);
        driver.Map(domain, 0x4000_0000, 0x9000, 0x1000, Permission.Read, 12, new());
        foreach ((bool leafOnly, TranslationSource left) in new[] { (true, TranslationSource.Iotlb), (false, TranslationSource.Walk) })
        {
            engine.Translate(new(RiscVMachine.Nic, 0x4000_0000, false), out _);
            Assert.Equal(2, driver.InvalidateRange(domain, 0, 0x1FFF, leafOnly));
            engine.Translate(new(RiscVMachine.Nic, 0x4000_0000, false), out Translation again);
            Assert.Equal(left, again.Source);
        }
    }

    [Fact]
    public void Domains_do_not_mix()
    {
        foreach (string model in new[] { "riscv", "riscv-g" })
        {
            using RiscVMachine m = new(model);
            Domain second = m.Driver.CreateDomain(new(8));
            m.Driver.Attach(RiscVMachine.Disk, null, second);
            m.Map(Page, 0x9000);
            m.Map(Page, 0xB000, domain: second);
            for (int round = 0; round < 2; round++) Assert.Equal((0x9000UL, 0xB000UL), (m.Read(Page).Physical, m.Read(Page, RiscVMachine.Disk).Physical));
            Assert.Equal(2, m.Counters.IotlbHits);
            m.Driver.InvalidateDomain(second);
            Assert.Equal((TranslationSource.Iotlb, TranslationSource.Walk), (m.Read(Page).Source, m.Read(Page, RiscVMachine.Disk).Source));
        }
    }

    [Fact]
    public void Attaching_elsewhere_flushes_what_the_device_used_before()
    {
        foreach (string model in new[] { "riscv", "riscv-g" })
        {
            using RiscVMachine m = new(model);
            Domain second = m.Driver.CreateDomain(new(8));
            m.Map(Page, 0x9000);
            m.Map(Page, 0xB000, domain: second);
            m.Read(Page);
            m.Driver.Attach(RiscVMachine.Nic, null, second);
            Assert.Equal((TranslationSource.Walk, 0xB000UL), (m.Read(Page).Source, m.Read(Page).Physical));
            m.Driver.Attach(RiscVMachine.Disk, null, m.Domain);
            Assert.Equal(TranslationSource.Walk, m.Read(Page, RiscVMachine.Disk).Source);
        }
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0, 15, 7)]
    [InlineData(0, 16, 0)]
    [InlineData(255, 31, 7)]
    public void Any_function_of_any_bus_can_be_attached(int bus, int device, int function)
    {
        using RiscVMachine m = new();
        RequesterId id = RequesterId.Of(bus, device, function);
        m.Map(Page, 0x9000);
        Assert.Contains(m.Read(Page, id).Fault, new[] { FaultKind.ContextNotPresent, FaultKind.RootNotPresent });
        m.Driver.Attach(id, null, m.Domain);
        Assert.Equal(0x9000UL, m.Read(Page, id).Physical);
    }

    [Fact]
    public void Everything_goes_with_two_commands_and_a_fence()
    {
        foreach (string model in new[] { "riscv", "riscv-g" })
        {
            using RiscVMachine m = new(model);
            m.Map(Page, 0x9000);
            m.Read(Page);
            Assert.Equal(3, m.Driver.InvalidateAll());
            Assert.Equal(TranslationSource.Walk, m.Read(Page).Source);
        }
    }

    [Fact]
    public void Commands_are_counted_and_a_fence_of_its_own_takes_none()
    {
        using RiscVMachine m = new();
        long before = m.Driver.CommandsSubmitted;
        Assert.Equal((0, 2), (m.Driver.Fence(), m.Driver.InvalidateDomain(m.Domain)));
        Assert.Equal(2, m.Driver.CommandsSubmitted - before);
    }

    [Fact]
    public void There_are_65536_domains()
    {
        using RiscVMachine m = new();
        Domain last = m.Driver.CreateDomain(new(0xFFFF));
        m.Map(Page, 0x9000, domain: last);
        m.Driver.Attach(RiscVMachine.Disk, null, last);
        Assert.Equal(0x9000UL, m.Read(Page, RiscVMachine.Disk).Physical);
    }
}
