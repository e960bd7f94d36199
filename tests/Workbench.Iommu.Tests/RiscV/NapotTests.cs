using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.RiscV;

/// <summary>Runs of 64 KiB: 16 entries, each of which hardware may use and mark. Svnapot; hardware.md 4.1.</summary>
public sealed class NapotTests
{
    private const ulong Run = 0x4_0000, Physical = 0x12_0000;

    private static RiscVMachine Machine(string model = "riscv", IommuSpec? spec = null)
    {
        RiscVMachine m = new(model, spec, tracking: true);
        m.Map(Run, Physical, 0x1_0000, largest: 16);
        return m;
    }

    [Theory]
    [InlineData("riscv")]
    [InlineData("riscv-g")]
    public void Sixteen_equal_entries_make_one_leaf(string model)
    {
        using RiscVMachine m = Machine(model);
        for (ulong page = 0; page < 16; page++) Assert.Equal(0x8000_0000_0000_0017UL | ((Physical >> 2) + (8UL << 10)), m.Entry(Run + (page << 12), 0));
        Assert.Equal(1, m.Domain.Table.Leaves);
        Assert.Equal(Physical + 0x7_ABC, m.Read(Run + 0x7_ABC).Physical);
        Assert.Equal(TranslationSource.Iotlb, m.Read(Run + 0xF_FFF).Source);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(7UL)]
    [InlineData(15UL)]
    public void A_write_marks_the_entry_of_its_own_page_and_keeps_its_number(ulong page)
    {
        using RiscVMachine m = Machine();
        ulong clean = m.Entry(Run, 0);
        m.Write(Run + (page << 12));
        for (ulong member = 0; member < 16; member++) Assert.Equal(member == page ? clean | 0xC0 : clean, m.Entry(Run + (member << 12), 0));
    }

    // Software must look at all sixteen (Svnapot): D may be in any.
    [Theory]
    [InlineData(0UL)]
    [InlineData(9UL)]
    [InlineData(15UL)]
    public void D_in_any_member_makes_the_run_dirty_once(ulong page)
    {
        using RiscVMachine m = Machine();
        m.Write(Run + (page << 12));
        Assert.Equal([(Run >> 12, 16)], m.Scan(clear: true));
        for (ulong member = 0; member < 16; member++) Assert.Equal(0UL, m.Entry(Run + (member << 12), 0) & RiscVFirstStageFormat.DirtyBit);
        Assert.Empty(m.Scan(clear: true));
    }

    [Fact]
    public void D_in_several_members_is_reported_once_and_cleared_in_all()
    {
        using RiscVMachine m = Machine();
        foreach (ulong page in new ulong[] { 2, 3, 14 }) m.Entry(Run + (page << 12), 0) |= 0xC0;
        InvalidationGather gather = new();
        Assert.Equal([(Run >> 12, 16)], m.Scan(clear: true, gather));
        for (ulong member = 0; member < 16; member++) Assert.Equal(0UL, m.Entry(Run + (member << 12), 0) & RiscVFirstStageFormat.DirtyBit);
        Assert.Equal((Run, Run + 0xFFFF), (gather.FirstByte, gather.LastByte));
    }

    [Fact]
    public void Unmapping_reports_D_of_any_member()
    {
        using RiscVMachine m = Machine();
        m.Write(Run + 0x3000);
        Tests.Models.ReportedLeaves reported = new();
        m.Domain.Table.Unmap(Run, 0x1_0000, reported, new());
        Assert.Equal([(Run >> 12, 16)], reported.All);
        Assert.Equal(FaultKind.NotPresent, m.Domain.Table.TryGetLeaf(Run + 0x3000, out _, out _) ? FaultKind.None : FaultKind.NotPresent);
    }

    // A write through the run's cached entry marks nothing: one member's D stands for all.
    [Fact]
    public void After_a_harvest_without_flush_the_whole_run_is_lost_and_after_the_flush_none_of_it()
    {
        using RiscVMachine m = Machine();
        InvalidationGather gather = new();
        m.Write(Run);
        m.Scan(clear: true, gather);
        m.Write(Run + 0xA000);
        Assert.Empty(m.Scan(clear: false));
        m.Driver.Invalidate(m.Domain, gather);
        m.Write(Run + 0xA000);
        Assert.Equal([(Run >> 12, 16)], m.Scan(clear: false));
    }

    // The run is reported by any member, so a write through its entry loses nothing while one is dirty.
    [Fact]
    public void A_write_is_swallowed_only_if_no_member_is_dirty()
    {
        using RiscVMachine m = Machine();
        m.Hardware.Diagnose = true;
        m.Write(Run + 0x5000);
        Assert.False(m.Write(Run).Swallowed);
        m.Scan(clear: true);
        Assert.True(m.Write(Run).Swallowed);
    }

    // A part whose IOTLB holds 4 KiB entries must drop all pieces of a leaf that one address names (issue 780 of the specification's repository).
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_part_that_splits_the_run_drops_all_its_pieces(bool hasRanges)
    {
        using RiscVMachine m = Machine(spec: new() { SupportsRangeInvalidation = hasRanges, Iotlb = new() { Sets = 1, Ways = 64, SplitsLargePages = true } });
        for (ulong page = 0; page < 16; page++) m.Write(Run + (page << 12));
        InvalidationGather gather = new();
        m.Scan(clear: true, gather);
        m.Driver.Invalidate(m.Domain, gather);
        m.Write(Run + 0x9000);
        Assert.Equal([(Run >> 12, 16)], m.Scan(clear: false));
    }

    [Theory]
    [InlineData(0x0UL)]
    [InlineData(0x4UL)]
    [InlineData(0x9UL)]
    [InlineData(0xCUL)]
    public void Any_other_code_is_a_page_fault(ulong code)
    {
        using RiscVMachine m = Machine();
        m.Entry(Run + 0x5000, 0) = (m.Entry(Run, 0) & ~(0xFUL << 10)) | (code << 10);
        Assert.Equal(FaultKind.ReservedBits, m.Read(Run + 0x5000).Fault);
        Assert.Equal(RiscVFaultCause.ReadPage, m.TakeFault().Cause);
        Assert.Equal(FaultKind.None, m.Read(Run + 0x6000).Fault);
    }
}
