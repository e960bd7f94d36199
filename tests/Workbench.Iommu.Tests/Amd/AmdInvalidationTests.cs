using Workbench.Iommu.Amd;
using Workbench.Iommu.Invalidation;
using Xunit;

namespace Workbench.Iommu.Tests.Amd;

/// <summary>What each command drops and what it leaves, and which commands the driver chooses. hardware.md §1.7.</summary>
public sealed class AmdInvalidationTests
{
    private const ulong Page = 0x5000;

    private static bool IsCached(AmdMachine m, ulong iova, RequesterId? device = null, uint pasid = DmaRequest.NoPasid) => m.Access(iova, false, device, pasid).Source == TranslationSource.Iotlb;

    private static AmdMachine SixteenPages(IommuSpec? spec = null)
    {
        AmdMachine m = new(spec);
        for (ulong page = 0; page < 16; page++) m.Map(page << 12, 0x10_0000 + (page << 16), largest: 12);
        for (ulong page = 0; page < 16; page++) m.Read(page << 12);
        return m;
    }

    private static IEnumerable<ulong> Kept(AmdMachine m) => [.. Enumerable.Range(0, 16).Select(p => (ulong)p).Where(p => IsCached(m, p << 12))];

    [Theory]
    [InlineData(0x3000UL, 12, new ulong[] { 0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 })]
    [InlineData(0x2000UL, 13, new ulong[] { 0, 1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 })]
    [InlineData(0x8000UL, 15, new ulong[] { 0, 1, 2, 3, 4, 5, 6, 7 })]
    [InlineData(0x0000UL, 64, new ulong[0])]
    public void A_page_invalidation_drops_its_range(ulong first, int sizeLog2, ulong[] kept)
    {
        using AmdMachine m = SixteenPages();
        m.Submit(AmdCommand.InvalidatePages(m.Domain.Id, new(first), sizeLog2));
        Assert.Equal(kept, Kept(m));
    }

    [Theory]
    [InlineData(16, 0xF000UL)]
    [InlineData(21, 0x1F_F000UL)]
    [InlineData(38, 0x3F_FFFF_F000UL)]
    public void A_small_range_drops_the_large_page_around_it(int log2, ulong offset)
    {
        using AmdMachine m = new();
        ulong start = 1UL << 40;
        m.Map(start, start, 1UL << log2);
        m.Read(start);
        m.Submit(AmdCommand.InvalidatePages(m.Domain.Id, new(start + offset), 12));
        Assert.False(IsCached(m, start));
    }

    [Fact]
    public void Other_domains_are_left_alone()
    {
        using AmdMachine m = SixteenPages();
        m.Driver.Attach(AmdMachine.Disk, null, m.Second(Page, 0xB000));
        m.Read(Page, AmdMachine.Disk);
        m.Submit(AmdCommand.InvalidateDomain(new(8)));
        Assert.Equal((true, false), (IsCached(m, Page), IsCached(m, Page, AmdMachine.Disk)));
    }

    // PDE = 0 keeps cached table entries, which let a walk begin at the leaf's table; PDE = 1 drops those of the range.
    [Theory]
    [InlineData(false, 0x5000UL, 1)]
    [InlineData(true, 0x5000UL, 3)]
    [InlineData(true, 0x4000_0000UL, 1)]
    public void PDE_says_whether_table_entries_are_dropped(bool includeTables, ulong where, int reads)
    {
        using AmdMachine m = new();
        m.Map(Page, 0x9000);
        m.Read(Page);
        m.Submit(AmdCommand.InvalidatePages(m.Domain.Id, new(where), 12, includeTables), AmdCommand.InvalidatePages(m.Domain.Id, new(Page), 12));
        IommuCounters before = m.Counters;
        m.Read(Page);
        Assert.Equal(reads, m.Counters.Since(before).TableReads);
    }

    // A table that is freed while only leaves are dropped is still walked.
    [Fact]
    public void Freed_tables_need_PDE()
    {
        using AmdMachine m = new();
        m.Map(Page, 0x9000);
        m.Read(Page);
        m.Entry(Page, 1) = 0; // the table is gone, its memory still holds the leaf
        m.Submit(AmdCommand.InvalidatePages(m.Domain.Id, new(Page), 12));
        Assert.Equal(0x9000UL, m.Read(Page).Physical);
        m.Submit(AmdCommand.InvalidatePages(m.Domain.Id, new(Page), 12, includeTableEntries: true));
        Assert.Equal(Faults.FaultKind.NotPresent, m.Read(Page).Fault);
    }

    [Fact]
    public void A_device_table_command_drops_the_entry_of_its_device_and_no_translation()
    {
        using AmdMachine m = SixteenPages();
        m.Driver.Attach(AmdMachine.Disk, null, m.Domain);
        m.Read(Page, AmdMachine.Disk);
        m.Read(Page);
        long misses = m.Counters.ContextCacheMisses;
        m.Submit(AmdCommand.InvalidateDeviceTableEntry(AmdMachine.Nic));
        Assert.True(IsCached(m, Page));
        Assert.Equal(misses + 1, m.Counters.ContextCacheMisses);
        Assert.True(IsCached(m, Page, AmdMachine.Disk));
        Assert.Equal(misses + 1, m.Counters.ContextCacheMisses);
    }

    [Fact]
    public void Invalidate_all_drops_translations_tables_and_device_table_entries()
    {
        using AmdMachine m = SixteenPages();
        m.Driver.Attach(AmdMachine.Disk, null, m.Second(Page, 0xB000));
        m.Read(Page, AmdMachine.Disk);
        m.DeviceEntry(AmdMachine.Nic) &= ~2UL; // TV
        Assert.True(IsCached(m, Page));
        m.Submit(AmdCommand.InvalidateAll());
        IommuCounters before = m.Counters;
        Assert.Equal(TranslationSource.Walk, m.Read(Page, AmdMachine.Disk).Source);
        Assert.Equal((3, Faults.FaultKind.DeviceBlocked), (m.Counters.Since(before).TableReads, m.Read(0).Fault));
    }

    [Fact]
    public void Interrupt_table_and_unrelated_commands_drop_nothing()
    {
        using AmdMachine m = SixteenPages();
        long misses = m.Counters.ContextCacheMisses;
        m.Submit(AmdCommand.InvalidateInterruptTable(AmdMachine.Nic), AmdCommand.InvalidateDeviceTlb(AmdMachine.Nic, default, 64), AmdCommand.CompletionWaitWithInterrupt());
        Assert.Equal(16, Kept(m).Count());
        Assert.Equal(misses, m.Counters.ContextCacheMisses);
    }

    // GN = 1 is for one PASID of one DomainID; GN = 0 is not for guest pages at all, where no host table is beneath.
    [Fact]
    public void A_guest_page_invalidation_drops_one_PASID()
    {
        using AmdMachine m = new(AmdMachine.Guest);
        m.Map(Page, 0x9000);
        m.Driver.Attach(AmdMachine.Nic, new Pasid(3), m.Second(Page, 0xB000));
        DomainId tag = m.EntryOf(AmdMachine.Nic).DomainId;
        m.Read(Page);
        m.Access(Page, false, pasid: 3);
        m.Submit(AmdCommand.InvalidateDomain(tag), AmdCommand.InvalidateGuestPages(new((ushort)(tag.Value + 1)), default, default, 64), AmdCommand.InvalidateGuestPages(tag, new(4), default, 64));
        Assert.Equal((true, true), (IsCached(m, Page), IsCached(m, Page, pasid: 3)));
        m.Submit(AmdCommand.InvalidateGuestPages(tag, new(3), new(Page), 12));
        Assert.Equal((true, false), (IsCached(m, Page), IsCached(m, Page, pasid: 3)));
        m.Submit(AmdCommand.InvalidateGuestPages(tag, default, new(0x4000), 13));
        Assert.Equal((false, true), (IsCached(m, Page), IsCached(m, Page, pasid: 3)));
    }

    // The driver. §1.7 "Linux choice": one command for the enclosing power of two.
    [Theory]
    [InlineData("linux", false, 2, new ulong[] { 8, 9, 10, 11, 12, 13, 14, 15 })]
    [InlineData("aligned", true, 2, new ulong[] { 8, 9, 10, 11, 12, 13, 14, 15 })]
    [InlineData("linux", true, 3, new ulong[] { 0, 1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 })]
    [InlineData("exact", false, 3, new ulong[] { 0, 1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 })]
    [InlineData("per-page", false, 3, new ulong[] { 0, 1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 })]
    [InlineData("whole-domain", false, 2, new ulong[0])]
    public void A_range_becomes_commands_as_the_profile_says(string profile, bool npCache, int commands, ulong[] kept)
    {
        using AmdMachine m = SixteenPages(AmdMachine.Host with { Profile = DriverProfile.Find(profile)!, CachesNotPresent = npCache });
        Assert.Equal(commands, m.Driver.InvalidateRange(m.Domain, 0x3000, 0x4FFF, leafOnly: true));
        Assert.Equal(kept, Kept(m));
    }

    // §1.7: up to 2^52 bytes as a range, beyond that the whole domain with table entries.
    [Theory]
    [InlineData(0xF_FFFF_FFFF_FFFFUL, 0x3000_0007_0000_0000UL, 0x0007_FFFF_FFFF_F001UL)]
    [InlineData(0x10_0000_0000_0000UL, 0x3000_0007_0000_0000UL, 0x7FFF_FFFF_FFFF_F003UL)]
    public void A_range_beyond_2_to_the_52_is_the_whole_domain(ulong lastByte, ulong word0, ulong word1)
    {
        using AmdMachine m = new(AmdMachine.Host with { AddressBits = 64 });
        ulong at = m.Unit.CommandBase.Value + ((ulong)m.Unit.CommandHead * 16);
        m.Driver.InvalidateRange(m.Domain, 0, lastByte, leafOnly: true);
        Assert.Equal((word0, word1), (m.Memory.Word(new(at)), m.Memory.Word(new(at + 8))));
    }

    [Theory]
    [InlineData(false, 0UL)]
    [InlineData(true, 2UL)]
    public void PDE_is_set_only_if_tables_were_freed(bool frees, ulong pde)
    {
        using AmdMachine m = new();
        m.Map(0, 0x9000, 0x20_0000, largest: 12);
        InvalidationGather gather = new();
        m.Domain.Table.Unmap(0, frees ? 0x20_0000UL : 0x1000, null, gather);
        ulong at = m.Unit.CommandBase.Value + ((ulong)m.Unit.CommandHead * 16);
        m.Driver.Invalidate(m.Domain, gather);
        Assert.Equal(pde, m.Memory.Word(new(at + 8)) & 2);
    }

    // §1.7: with NpCache mapping is invalidated too.
    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 2)]
    public void With_NpCache_a_map_is_invalidated(bool npCache, int commands)
    {
        using AmdMachine m = new(AmdMachine.Host with { CachesNotPresent = npCache });
        InvalidationGather gather = new();
        m.Driver.Map(m.Domain, Page, 0x9000, 0x1000, Permission.Read, 12, gather);
        Assert.Equal(commands, m.Driver.Invalidate(m.Domain, gather));
        Assert.Equal(npCache, m.Unit.Capability.CachesNotPresent);
    }

    [Fact]
    public void Too_many_commands_become_one_for_the_domain()
    {
        using AmdMachine m = SixteenPages(AmdMachine.Host with { Profile = new() { Name = "four", Shape = InvalidationShape.PerLeaf, MostCommands = 4 } });
        Assert.Equal(5, m.Driver.InvalidateRange(m.Domain, 0, 0x3FFF, leafOnly: true));
        Assert.Equal(12, Kept(m).Count());
        Assert.Equal(2, m.Driver.InvalidateRange(m.Domain, 0, 0x4FFF, leafOnly: true));
        Assert.Empty(Kept(m));
    }
}
