using Workbench.Iommu.Faults;
using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.RiscV;

/// <summary>Both stages: A and D of each, implicit accesses to first-stage tables, and what the records say of them. hardware.md 4.3, 4.7.</summary>
public sealed class NestedTests
{
    private const ulong Iova = 0x5000, A = 0x40, D = 0x80;

    private static ulong Marks(ulong entry) => entry & (A | D);

    [Fact]
    public void An_address_goes_through_both_stages()
    {
        using NestedMachine n = new();
        n.MapGuest(Iova, NestedMachine.Data + 0x1000);
        Translation walked = n.Machine.Read(Iova + 0x123);
        Assert.Equal((FaultKind.None, 0x9_1123UL, 12), (walked.Fault, walked.Physical, (int)walked.PageLog2));
        Assert.Equal((TranslationSource.Iotlb, 0x9_1FFFUL), (n.Machine.Read(Iova).Source, n.Machine.Read(Iova + 0xFFF).Physical));
    }

    [Fact]
    public void A_read_marks_A_in_both_stages_and_the_table_page_dirty()
    {
        using NestedMachine n = new();
        n.MapGuest(Iova, NestedMachine.Data);
        n.Machine.Read(Iova);
        Assert.Equal((A, A), (Marks(n.Guest(Iova)), Marks(n.Host(NestedMachine.Data))));
        // A of the guest's leaf was a write of the page that holds it; the upper tables were only read.
        Assert.Equal((A | D, A, A), (Marks(n.Host(NestedMachine.Leaves)), Marks(n.Host(NestedMachine.Middle)), Marks(n.Host(NestedMachine.Root))));
        Assert.Equal((0UL, 0UL), (Marks(n.GuestEntry(2)), Marks(n.GuestEntry(1))));
    }

    [Fact]
    public void A_write_marks_D_in_both_stages()
    {
        using NestedMachine n = new();
        n.MapGuest(Iova, NestedMachine.Data);
        n.Machine.Write(Iova);
        Assert.Equal((A | D, A | D), (Marks(n.Guest(Iova)), Marks(n.Host(NestedMachine.Data))));
    }

    [Fact]
    public void Without_a_guest_update_the_table_page_stays_clean()
    {
        using NestedMachine n = new();
        n.MapGuest(Iova, NestedMachine.Data, 0xD7);
        n.Machine.Write(Iova);
        Assert.Equal((A, A | D), (Marks(n.Host(NestedMachine.Leaves)), Marks(n.Host(NestedMachine.Data))));
    }

    // What the guest's own scan and the host's need: D of one stage is no D of the other.
    [Fact]
    public void Clearing_D_in_either_stage_takes_its_invalidation_to_be_set_again()
    {
        using NestedMachine n = new();
        n.MapGuest(Iova, NestedMachine.Data);
        n.Machine.Write(Iova);
        n.Guest(Iova) &= ~D;
        n.Machine.Write(Iova);
        Assert.Equal(A, Marks(n.Guest(Iova)));
        n.Machine.Submit(RiscVCommand.IotinvalVmaRange(Iova, 12, pscid: 3, gscid: 7));
        n.Machine.Write(Iova);
        Assert.Equal(A | D, Marks(n.Guest(Iova)));
        n.Host(NestedMachine.Data) &= ~D;
        n.Machine.Write(Iova);
        Assert.Equal(A, Marks(n.Host(NestedMachine.Data)));
        n.Machine.Submit(RiscVCommand.IotinvalGvmaRange(7, NestedMachine.Data, 12));
        n.Machine.Write(Iova);
        Assert.Equal(A | D, Marks(n.Host(NestedMachine.Data)));
    }

    // SADE and GADE each on or off, every bit clear: which stage refuses, and whether an implicit access.
    [Theory]
    [InlineData(true, true, true, 0, 0UL)]
    [InlineData(false, true, true, 15, 0UL)]
    [InlineData(false, true, false, 13, 0UL)]
    [InlineData(true, false, true, 23, NestedMachine.Root | 1)] // A of the root's page is clear
    [InlineData(true, false, false, 21, NestedMachine.Root | 1)]
    [InlineData(false, false, true, 23, NestedMachine.Root | 1)]
    public void Updates_off_in_one_stage_fault_in_that_stage(bool sade, bool gade, bool isWrite, int cause, ulong iotval2)
    {
        using NestedMachine n = new(sade, gade);
        n.MapGuest(Iova, NestedMachine.Data);
        n.Machine.Access(Iova + 0x10, isWrite);
        if (cause == 0) Assert.False(n.Machine.Unit.TryTakeFault(out _));
        else Assert.Equal(Record(cause, isWrite, Iova + 0x10, iotval2), n.Machine.TakeFault());
    }

    // The page of the guest's leaf may be read but not written, so its A cannot be set: an implicit write.
    [Theory]
    [InlineData(true, 23)]
    [InlineData(false, 21)]
    public void An_update_that_the_second_stage_forbids_is_an_implicit_write_fault(bool isWrite, int cause)
    {
        using NestedMachine n = new();
        n.MapGuest(Iova, NestedMachine.Data);
        n.Host(NestedMachine.Leaves) &= ~4UL;
        n.Machine.Access(Iova, isWrite);
        Assert.Equal(Record(cause, isWrite, Iova, (NestedMachine.Leaves + (5 * 8)) | 3), n.Machine.TakeFault());
        Assert.Equal(0UL, Marks(n.Guest(Iova)));
        n.Guest(Iova) |= A | D; // nothing to update: the page need not be writable
        Assert.Equal(FaultKind.None, n.Machine.Access(Iova, isWrite).Fault);
    }

    // With GADE off the page of the table must be dirty already to be written.
    [Fact]
    public void An_update_of_a_table_page_whose_D_is_clear_faults_with_GADE_off()
    {
        using NestedMachine n = new(gade: false);
        n.MapGuest(Iova, NestedMachine.Data);
        foreach (ulong gpa in new[] { NestedMachine.Root, NestedMachine.Middle, NestedMachine.Leaves }) n.Host(gpa) |= A;
        n.Machine.Read(Iova);
        Assert.Equal(Record(21, false, Iova, (NestedMachine.Leaves + (5 * 8)) | 3), n.Machine.TakeFault());
        n.Host(NestedMachine.Leaves) |= D;
        n.Host(NestedMachine.Data) |= A;
        Assert.Equal(FaultKind.None, n.Machine.Read(Iova).Fault);
        Assert.Equal(A, Marks(n.Guest(Iova)));
        n.Machine.Write(Iova);
        Assert.Equal(Record(23, true, Iova, NestedMachine.Data), n.Machine.TakeFault()); // the access itself: not implicit
    }

    [Theory]
    [InlineData(2, NestedMachine.Root)]
    [InlineData(1, NestedMachine.Middle)]
    [InlineData(0, NestedMachine.Leaves + 40)]
    public void A_table_that_the_guest_has_not_is_an_implicit_read_fault(int level, ulong iotval2)
    {
        using NestedMachine n = new();
        n.MapGuest(Iova, NestedMachine.Data);
        n.Host(iotval2 & ~0xFFFUL) = 0;
        n.Machine.Write(Iova);
        Assert.Equal(Record(23, true, Iova, iotval2 | 1), n.Machine.TakeFault());
        Assert.InRange(level, 0, 2);
    }

    [Fact]
    public void A_guest_page_that_is_not_mapped_is_a_guest_page_fault_with_its_address()
    {
        using NestedMachine n = new();
        n.MapGuest(Iova, 0x70_0000);
        n.Machine.Read(Iova + 0x7F7);
        Assert.Equal(Record(21, false, Iova + 0x7F7, 0x70_07F4), n.Machine.TakeFault());
    }

    [Fact]
    public void A_guest_address_beyond_the_second_stage_is_a_guest_page_fault()
    {
        using NestedMachine n = new();
        n.MapGuest(Iova, 1UL << 50);
        n.Machine.Read(Iova);
        Assert.Equal(Record(21, false, Iova, 1UL << 50), n.Machine.TakeFault());
    }

    [Fact]
    public void A_fault_of_the_first_stage_is_a_page_fault()
    {
        using NestedMachine n = new();
        n.Machine.Write(Iova);
        Assert.Equal(Record(15, true, Iova, 0), n.Machine.TakeFault());
    }

    [Fact]
    public void A_table_page_where_there_is_no_memory_is_an_access_fault()
    {
        using NestedMachine n = new();
        n.Host(NestedMachine.Middle) = (n.Host(NestedMachine.Middle) & 0x3FF) | 0x4000;
        n.Machine.Write(Iova);
        Assert.Equal(Record(7, true, Iova, 0), n.Machine.TakeFault());
    }

    // A part of a large first-stage leaf, as the second stage has 4 KiB pages: the smaller size is cached.
    [Fact]
    public void The_smaller_of_both_leaves_is_what_is_cached_and_any_address_of_the_larger_drops_it()
    {
        using NestedMachine n = new();
        n.GuestEntry(1) = (0x20_0000UL >> 2) | 0x17;
        n.Machine.Map(0x20_0000, 0x50_0000, 0x10_0000, largest: 12);
        Assert.Equal((0x50_3000UL, 12), (n.Machine.Read(0x3000).Physical, (int)n.Machine.Read(0x3000).PageLog2));
        n.Machine.Submit(RiscVCommand.IotinvalVmaRange(0x1F_F000, 12, pscid: 3, gscid: 7)); // same 2 MiB leaf: issue 780
        Assert.Equal(TranslationSource.Walk, n.Machine.Read(0x3000).Source);
    }

    private static RiscVFaultRecord Record(int cause, bool isWrite, ulong iova, ulong iotval2) =>
        new((uint)cause | ((isWrite ? 3UL : 2UL) << 34) | (8UL << 40), 0, iova, iotval2);
}
