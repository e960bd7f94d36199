using Workbench.Iommu.Faults;
using Xunit;

namespace Workbench.Iommu.Tests.Vtd;

/// <summary>Walks of 3, 4 and 5 levels, widths and permissions. hardware.md §2a.</summary>
public sealed class WalkTests
{
    private const ulong Page = 0x5000;

    [Theory]
    [InlineData(39, 3)]
    [InlineData(48, 4)]
    [InlineData(57, 5)]
    public void A_walk_reads_one_entry_of_each_level(int bits, int levels)
    {
        using VtdMachine m = new(new() { AddressBits = bits });
        ulong top = (1UL << bits) - 0x1000;
        m.Map(top, 0x9000);
        Assert.Equal(0x9678UL, m.Read(top + 0x678).Physical);
        Assert.Equal((1, levels), (m.Counters.Walks, m.Counters.TableReads));
    }

    [Theory]
    [InlineData(12, 4)]
    [InlineData(21, 3)]
    [InlineData(30, 2)]
    public void A_larger_leaf_spares_its_levels(int leafLog2, int reads)
    {
        using VtdMachine m = new();
        m.Map(1UL << 30, 3UL << 30, 1UL << leafLog2, largest: leafLog2);
        Translation got = m.Read((1UL << 30) + 0xFFF);
        Assert.Equal((3UL << 30) + 0xFFF, got.Physical);
        Assert.Equal(leafLog2, got.PageLog2);
        Assert.Equal(reads, m.Counters.TableReads);
    }

    [Theory]
    [InlineData(39)]
    [InlineData(48)]
    [InlineData(57)]
    public void An_address_beyond_the_width_faults_without_a_walk_of_tables(int bits)
    {
        using VtdMachine m = new(new() { AddressBits = bits });
        m.Map(0, 0x9000);
        m.Read(0);
        long reads = m.Counters.TableReads;
        Assert.Equal(FaultKind.BeyondAddressWidth, m.Read(1UL << bits).Fault);
        Assert.Equal(FaultKind.BeyondAddressWidth, m.Read(ulong.MaxValue).Fault);
        Assert.Equal(FaultKind.NotPresent, m.Read((1UL << bits) - 1).Fault);
        Assert.Equal(FaultKind.None, m.Read(0).Fault);
        Assert.Equal(reads + 1, m.Counters.TableReads);
    }

    // §2a: permission is the AND over all levels.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_table_entry_without_W_denies_writes_below_it(int level)
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000);
        m.Entry(Page, level) &= ~2UL;
        Assert.Equal(FaultKind.None, m.Read(Page).Fault);
        Assert.Equal(FaultKind.NoWritePermission, m.Write(Page).Fault);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_table_entry_without_R_denies_reads_below_it(int level)
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000);
        m.Entry(Page, level) &= ~1UL;
        Assert.Equal(FaultKind.None, m.Write(Page).Fault);
        Assert.Equal(FaultKind.NoReadPermission, m.Read(Page).Fault);
    }

    [Fact]
    public void The_walk_caches_remember_what_the_levels_so_far_allowed()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000, 0x2000);
        m.Entry(Page, 2) &= ~2UL;
        m.Read(Page);
        Assert.Equal(FaultKind.NoWritePermission, m.Write(Page + 0x1000).Fault);
        Assert.Equal(1, m.Counters.WalkCacheHits);
    }

    [Fact]
    public void Levels_that_allow_nothing_in_common_allow_nothing()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000, permission: Permission.Read);
        m.Entry(Page, 1) &= ~1UL;
        Assert.Equal(FaultKind.NoReadPermission, m.Read(Page).Fault);
        Assert.Equal(FaultKind.NoWritePermission, m.Write(Page).Fault);
    }

    [Fact]
    public void A_fault_is_not_cached()
    {
        using VtdMachine m = new();
        Assert.Equal((FaultKind.NotPresent, TranslationSource.Walk), (m.Write(Page).Fault, m.Write(Page).Source));
        m.Map(Page, 0x9000);
        Assert.Equal(FaultKind.None, m.Write(Page).Fault);
        Assert.Equal((0, 3), (m.Counters.IotlbHits, m.Counters.IotlbMisses));
    }

    [Fact]
    public void A_write_to_a_read_only_page_caches_nothing()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000, permission: Permission.Read);
        Assert.Equal(FaultKind.NoWritePermission, m.Write(Page).Fault);
        Assert.Equal(TranslationSource.Walk, m.Read(Page).Source);
        Assert.Equal(TranslationSource.Iotlb, m.Read(Page).Source);
    }

    [Fact]
    public void A_write_that_finds_a_read_only_entry_walks_again_faults_and_drops_it()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000, permission: Permission.Read);
        m.Read(Page);
        Translation write = m.Write(Page);
        Assert.Equal((FaultKind.NoWritePermission, TranslationSource.Rewalk), (write.Fault, write.Source));
        Assert.Equal(TranslationSource.Walk, m.Read(Page).Source);
    }

    // §2f [S*]: permission increases may be seen late, but a write that needs the new one walks and finds it.
    [Fact]
    public void A_write_finds_a_permission_that_was_added_after_the_entry_was_cached()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000, permission: Permission.Read);
        m.Read(Page);
        m.Entry(Page, 0) |= 2;
        Assert.Equal(TranslationSource.Rewalk, m.Write(Page).Source);
        Assert.Equal(TranslationSource.Iotlb, m.Write(Page).Source);
    }

    [Fact]
    public void A_write_only_page_can_be_written_and_not_read()
    {
        using VtdMachine m = new();
        m.Map(Page, 0x9000, permission: Permission.Write);
        Assert.Equal(FaultKind.None, m.Write(Page).Fault);
        Assert.Equal(FaultKind.NoReadPermission, m.Read(Page).Fault);
    }

    // CAP.SSLPS: on a part without large pages PS is a reserved bit (hardware.md §2a, 2f).
    [Theory]
    [InlineData(12, 21)]
    [InlineData(12, 30)]
    [InlineData(21, 30)]
    public void A_leaf_larger_than_the_part_has_is_a_reserved_bit(int largest, int leafLog2)
    {
        using VtdMachine m = new(new() { LargestLeafLog2 = largest });
        m.Map(1UL << 30, 1UL << 30, 1UL << leafLog2, largest: leafLog2);
        Assert.Equal(FaultKind.ReservedBits, m.Read(1UL << 30).Fault);
    }

    [Theory]
    [InlineData(12)]
    [InlineData(21)]
    [InlineData(30)]
    public void A_leaf_as_large_as_the_part_has_is_walked(int largest)
    {
        using VtdMachine m = new(new() { LargestLeafLog2 = largest });
        m.Map(1UL << 30, 1UL << 30, 1UL << largest, largest: largest);
        Assert.Equal((FaultKind.None, largest), (m.Read(1UL << 30).Fault, m.Driver.LargestLeafLog2));
    }
}
