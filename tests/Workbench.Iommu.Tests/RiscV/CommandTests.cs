using Workbench.Iommu.Faults;
using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.RiscV;

/// <summary>What each invalidation drops and what it keeps. RISC-V IOMMU, "IOTINVAL.VMA operands", "IOTINVAL.GVMA operands", NL and S extensions; hardware.md 4.5.</summary>
public sealed class CommandTests
{
    private const ulong Page = 0x5000, Far = 0x4000_0000;

    private static readonly RiscVDeviceId Nic = RiscVDeviceId.Of(RiscVMachine.Nic), Disk = RiscVDeviceId.Of(RiscVMachine.Disk);

    private static bool IsCached(RiscVMachine m, ulong iova, RequesterId? device = null) => m.Read(iova, device).Source == TranslationSource.Iotlb;

    /// <summary>Two devices in two domains, 7 and 8, each with a page and a far one, all cached.</summary>
    private static RiscVMachine Two(string model = "riscv", IommuSpec? spec = null)
    {
        RiscVMachine m = new(model, spec);
        Domain second = m.Driver.CreateDomain(new(8));
        m.Driver.Attach(RiscVMachine.Disk, null, second);
        foreach (ulong iova in new[] { Page, Page + 0x1000, Page + 0x2000, Far })
        {
            m.Map(iova, 0x9000);
            m.Map(iova, 0xB000, domain: second);
        }
        Touch(m);
        return m;
    }

    private static void Touch(RiscVMachine m)
    {
        foreach (RequesterId device in new[] { RiscVMachine.Nic, RiscVMachine.Disk })
            foreach (ulong iova in new[] { Page, Page + 0x1000, Page + 0x2000, Far }) m.Read(iova, device);
    }

    private static string Left(RiscVMachine m) => string.Concat(new[] { RiscVMachine.Nic, RiscVMachine.Disk }.SelectMany(device =>
        new[] { Page, Page + 0x1000, Page + 0x2000, Far }.Select(iova => IsCached(m, iova, device) ? 'x' : '.')));

    // Per line: what stays of Page, +1, +2 and Far of domain 7, then of domain 8.
    public static TheoryData<string, RiscVCommand, string> Commands => new()
    {
        { "riscv", RiscVCommand.IotinvalVma(), "........" },
        { "riscv", RiscVCommand.IotinvalVma(pscid: 7), "....xxxx" },
        { "riscv", RiscVCommand.IotinvalVma(pscid: 9), "xxxxxxxx" },
        { "riscv", RiscVCommand.IotinvalVmaRange(Page, 12), ".xxx.xxx" },
        { "riscv", RiscVCommand.IotinvalVmaRange(Page, 12, pscid: 8), "xxxx.xxx" },
        { "riscv", RiscVCommand.IotinvalVmaRange(Page & ~0x1FFFUL, 13, pscid: 7), ".xxxxxxx" }, // 4000 to 5fff
        { "riscv", RiscVCommand.IotinvalVmaRange(Page + 0x1000, 13, pscid: 7), "x..xxxxx" }, // 6000 to 7fff
        { "riscv", RiscVCommand.IotinvalVmaRange(0, 15, pscid: 7), "...xxxxx" },
        { "riscv", RiscVCommand.IotinvalVmaRange(0, 64), "........" },
        { "riscv", RiscVCommand.IotinvalVma(gscid: 7), "xxxxxxxx" }, // the host's are no guest's
        { "riscv", RiscVCommand.IotinvalVma(pscid: 7, gscid: 0), "xxxxxxxx" },
        { "riscv", RiscVCommand.IotinvalVmaRange(Page, 12, pscid: 7, gscid: 7), "xxxxxxxx" },
        { "riscv", RiscVCommand.IotinvalGvma(), "xxxxxxxx" },
        { "riscv", RiscVCommand.IotinvalGvma(7), "xxxxxxxx" },
        { "riscv", RiscVCommand.IotinvalGvmaRange(7, Page, 12), "xxxxxxxx" },
        { "riscv-g", RiscVCommand.IotinvalGvma(), "........" },
        { "riscv-g", RiscVCommand.IotinvalGvma(7), "....xxxx" },
        { "riscv-g", RiscVCommand.IotinvalGvmaRange(8, Page, 12), "xxxx.xxx" },
        { "riscv-g", RiscVCommand.IotinvalGvmaRange(8, 0, 15), "xxxx...x" },
        { "riscv-g", RiscVCommand.IotinvalVma(), "xxxxxxxx" },
        { "riscv-g", RiscVCommand.IotinvalVma(pscid: 7), "xxxxxxxx" },
        { "riscv-g", RiscVCommand.IotinvalVma(gscid: 7), "xxxxxxxx" }, // no first stage took part
        { "riscv-g", RiscVCommand.IotinvalVmaRange(Page, 12, gscid: 7), "xxxxxxxx" },
        { "riscv", RiscVCommand.IodirInvalDdt(), "xxxxxxxx" },
        { "riscv", RiscVCommand.IodirInvalDdt(Nic), "xxxxxxxx" },
        { "riscv", RiscVCommand.IodirInvalPdt(Nic, default), "xxxxxxxx" },
        { "riscv", RiscVCommand.IofenceC(), "xxxxxxxx" },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public void What_a_command_keeps(string model, RiscVCommand command, string left)
    {
        using RiscVMachine m = Two(model);
        m.Submit(command);
        Assert.Equal(left, Left(m));
    }

    // GV = 0 ignores AV, S and the address of GVMA.
    [Fact]
    public void GVMA_without_GV_is_for_every_guest_whatever_the_address()
    {
        using RiscVMachine m = Two("riscv-g");
        RiscVCommand ranged = RiscVCommand.IotinvalGvmaRange(7, Page, 12);
        m.Submit(ranged with { HasGscid = false });
        Assert.Equal("........", Left(m));
    }

    // An address drops leaf entries; the way to the table stays unless NL or no address is given.
    [Theory]
    [InlineData("riscv", "address", 1)]
    [InlineData("riscv", "range", 1)]
    [InlineData("riscv", "non-leaf", 4)]
    [InlineData("riscv", "all", 4)]
    [InlineData("riscv-g", "address", 1)]
    [InlineData("riscv-g", "range", 1)]
    [InlineData("riscv-g", "non-leaf", 4)]
    [InlineData("riscv-g", "all", 4)]
    public void Only_NL_or_no_address_drops_non_leaf_entries(string model, string what, int readsAfter)
    {
        using RiscVMachine m = Two(model);
        bool first = model == "riscv";
        m.Submit(what switch
        {
            "address" => first ? RiscVCommand.IotinvalVmaRange(Page, 12, pscid: 7) : RiscVCommand.IotinvalGvmaRange(7, Page, 12),
            "range" => first ? RiscVCommand.IotinvalVmaRange(0, 21, pscid: 7) : RiscVCommand.IotinvalGvmaRange(7, 0, 21),
            "non-leaf" => first ? RiscVCommand.IotinvalVmaRange(Page, 12, pscid: 7, nonLeaf: true) : RiscVCommand.IotinvalGvmaRange(7, Page, 12, nonLeaf: true),
            _ => first ? RiscVCommand.IotinvalVma(pscid: 7) : RiscVCommand.IotinvalGvma(7),
        });
        long before = m.Counters.TableReads;
        Assert.Equal(TranslationSource.Walk, m.Read(Page).Source);
        Assert.Equal(readsAfter, m.Counters.TableReads - before);
    }

    [Fact]
    public void An_address_within_a_large_leaf_drops_it_whole()
    {
        using RiscVMachine m = new();
        m.Map(Far, Far, 0x4000_0000);
        m.Read(Far);
        m.Submit(RiscVCommand.IotinvalVmaRange(Far + 0x1234_5000, 12, pscid: 7));
        Assert.False(IsCached(m, Far));
    }

    // GVMA must drop what both stages made together; which guest address that came from is not cached, so all of the guest's go.
    [Theory]
    [InlineData(7, true)]
    [InlineData(8, false)]
    public void GVMA_with_any_address_drops_the_combined_entries_of_its_guest(int gscid, bool isDropped)
    {
        using NestedMachine n = new();
        n.MapGuest(Page, NestedMachine.Data);
        n.Machine.Read(Page);
        n.Machine.Submit(RiscVCommand.IotinvalGvmaRange((ushort)gscid, 0x123_4000, 12));
        Assert.Equal(!isDropped, IsCached(n.Machine, Page));
    }

    public static TheoryData<RiscVCommand, bool> OfAGuest => new()
    {
        { RiscVCommand.IotinvalVma(gscid: 7), true },
        { RiscVCommand.IotinvalVma(pscid: 3, gscid: 7), true },
        { RiscVCommand.IotinvalVma(pscid: 4, gscid: 7), false },
        { RiscVCommand.IotinvalVma(pscid: 3, gscid: 8), false },
        { RiscVCommand.IotinvalVma(), false },
        { RiscVCommand.IotinvalVma(pscid: 3), false },
        { RiscVCommand.IotinvalVmaRange(Page, 12, pscid: 3, gscid: 7), true },
        { RiscVCommand.IotinvalVmaRange(Page, 12, gscid: 7), true },
        { RiscVCommand.IotinvalVmaRange(Page, 12, pscid: 3), false },
        { RiscVCommand.IotinvalGvma(7), true },
        { RiscVCommand.IotinvalGvma(8), false },
        { RiscVCommand.IotinvalGvma(), true },
    };

    [Theory]
    [MemberData(nameof(OfAGuest))]
    public void Combined_entries_have_both_tags(RiscVCommand command, bool isDropped)
    {
        using NestedMachine n = new();
        n.MapGuest(Page, NestedMachine.Data);
        n.Machine.Read(Page);
        n.Machine.Submit(command);
        Assert.Equal(!isDropped, IsCached(n.Machine, Page));
    }

    [Fact]
    public void A_host_process_and_guest_0_with_the_same_numbers_do_not_mix()
    {
        using NestedMachine n = new();
        RiscVMachine m = n.Machine;
        n.MapGuest(Page, NestedMachine.Data);
        m.DeviceContext(RiscVMachine.Nic, 1) &= ~(0xFFFFUL << 44); // GSCID 0, PSCID 3
        m.Driver.Attach(RiscVMachine.Disk, null, m.Driver.CreateDomain(new(9)));
        Workbench.Iommu.PageTables.PageTable<RiscVFirstStageFormat> host = new(m.Memory, levels: 3);
        host.Map(Page, 0x77_7000, 0x1000, Permission.ReadWrite, 12, new());
        m.DeviceContext(RiscVMachine.Disk) |= 1UL << 8;
        m.DeviceContext(RiscVMachine.Disk, 1) = 0;
        m.DeviceContext(RiscVMachine.Disk, 2) = 3UL << 12;
        m.DeviceContext(RiscVMachine.Disk, 3) = (8UL << 60) | (host.Root.Value >> 12);
        for (int round = 0; round < 2; round++) Assert.Equal((0x9_0000UL, 0x77_7000UL), (m.Read(Page).Physical, m.Read(Page, RiscVMachine.Disk).Physical));
        m.Submit(RiscVCommand.IotinvalVma(pscid: 3));
        Assert.Equal((true, false), (IsCached(m, Page), IsCached(m, Page, RiscVMachine.Disk)));
    }

    // IODIR drops contexts: a changed one is seen only after it, and IOTINVAL does not touch it.
    [Fact]
    public void A_changed_context_is_seen_after_its_own_IODIR_only()
    {
        using RiscVMachine m = Two();
        m.DeviceContext(RiscVMachine.Nic) &= ~1UL;
        m.Submit(RiscVCommand.IotinvalVma(), RiscVCommand.IotinvalGvma(), RiscVCommand.IodirInvalDdt(Disk));
        Assert.Equal(FaultKind.None, m.Read(Page).Fault);
        m.Submit(RiscVCommand.IodirInvalDdt(Nic));
        Assert.Equal((FaultKind.ContextNotPresent, FaultKind.None), (m.Read(Page).Fault, m.Read(Page, RiscVMachine.Disk).Fault));
    }

    [Fact]
    public void What_was_not_valid_is_not_cached()
    {
        using RiscVMachine m = new();
        Assert.Equal(FaultKind.NotPresent, m.Read(Page).Fault);
        m.Map(Page, 0x9000);
        Assert.Equal(FaultKind.None, m.Read(Page).Fault);
        m.DeviceContext(RiscVMachine.Nic) &= ~1UL;
        m.Submit(RiscVCommand.IodirInvalDdt(Nic));
        Assert.Equal(FaultKind.ContextNotPresent, m.Read(Page).Fault);
        m.DeviceContext(RiscVMachine.Nic) |= 1UL;
        Assert.Equal(FaultKind.None, m.Read(Page).Fault);
    }
}
