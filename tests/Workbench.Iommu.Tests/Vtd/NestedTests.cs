using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Vtd;

/// <summary>Contexts of PGTT 3: a guest's first stage over the second stage that is its memory. hardware.md §2b to 2d, 5.7.</summary>
public sealed class NestedTests
{
    private const ulong Iova = 0x7000, Gpa = 0x30_0000, Spa = 0x90_0000, Ssade = 1UL << 9;
    private static readonly RequesterId Gpu = RequesterId.Of(0, 3, 0);
    private static readonly DomainId GuestId = new(20);

    /// <summary>Guest memory of eight pages in domain 7, whose own device is attached too, and a guest's space over it.</summary>
    private static VtdMachine Machine(out VtdNestedDomain guest, bool tracking = true, IommuSpec? spec = null, int levels = 4)
    {
        VtdMachine m = new(spec, tracking: tracking);
        m.Map(Gpa, Spa, 0x8000, largest: 12);
        guest = new(m.Driver, m.Protocol, m.Domain, GuestId, levels);
        Assert.Equal(MapResult.Mapped, guest.Map(Iova, Gpa, 0x4000));
        guest.Attach(Gpu, null);
        return m;
    }

    private static ulong GuestLeaf(VtdNestedDomain guest, ulong iova)
    {
        Assert.True(guest.Table.TryGetLeaf(iova, out ulong entry, out _));
        return entry;
    }

    [Theory]
    [InlineData(4, 0UL)]
    [InlineData(5, 4UL)]
    public void The_entry_names_both_tables(int levels, ulong mode)
    {
        using VtdMachine m = Machine(out VtdNestedDomain guest, levels: levels);
        Assert.Equal(m.Domain.Table.Root.Value | Ssade | (3UL << 6) | (2UL << 2) | 1, m.PasidEntry(Gpu));
        Assert.Equal(GuestId.Value | (1UL << 23), m.PasidEntry(Gpu, word: 1));
        Assert.Equal(guest.Table.Root.Value | mode, m.PasidEntry(Gpu, word: 2));
        Assert.Equal(Spa + 0x1234, m.Read(Iova + 0x1234, Gpu).Physical);
    }

    // The whole loop: the device writes, the second stage tells the page and the tables that hardware marked on the way.
    [Fact]
    public void A_write_dirties_the_page_and_the_tables_that_were_marked_and_a_flush_brings_it_back()
    {
        using VtdMachine m = Machine(out VtdNestedDomain guest);
        ulong[] tables = [.. TablesOnTheWay(m, guest, Iova).Select(t => t >> 12)];
        Assert.Equal(4, tables.Length);
        InvalidationGather gather = new();
        m.Scan(clear: true, gather);
        m.Driver.Invalidate(m.Domain, gather);

        Assert.Equal(Spa + 8, m.Write(Iova + 8, Gpu).Physical);
        Assert.Equal([Gpa >> 12, .. tables.Order()], m.Scan(clear: true, gather).Select(r => r.FirstPage));
        Assert.Equal(0x67UL, GuestLeaf(guest, Iova) & 0xFFF); // A and D of the guest's own leaf
        m.Driver.Invalidate(m.Domain, gather);

        m.Write(Iova + 8, Gpu); // the guest's bits are set already: only the page itself is written
        Assert.Equal([Gpa >> 12], m.Scan(clear: true, gather).Select(r => r.FirstPage));
        m.Driver.Invalidate(m.Domain, gather);
        m.Write(Iova + 0x1008, Gpu);
        Assert.Equal([(Gpa >> 12) + 1, tables[^1]], m.Scan(clear: true, gather).Select(r => r.FirstPage));
    }

    private static List<ulong> TablesOnTheWay(VtdMachine m, VtdNestedDomain guest, ulong iova)
    {
        List<ulong> tables = [guest.Table.Root.Value];
        for (int level = guest.Table.RootLevel; level > 0; level--) tables.Add(X64Format.TableAddress(m.Memory.Word(new(tables[^1] + (((iova >> X64Format.Shift(level)) & 511) << 3)))));
        return tables;
    }

    [Fact]
    public void Clearing_D_without_an_invalidation_loses_the_next_write()
    {
        using VtdMachine m = Machine(out _);
        m.Write(Iova, Gpu);
        m.Scan(clear: true);
        m.Hardware.Diagnose = true;
        Assert.True(m.Write(Iova, Gpu).Swallowed);
        Assert.Empty(m.Scan(clear: true));
    }

    // §2d: for a parent of nesting every nested entry is flipped too.
    [Fact]
    public void Tracking_of_the_parent_flips_SSADE_of_what_nests_on_it()
    {
        using VtdMachine m = Machine(out VtdNestedDomain guest, tracking: false);
        guest.Attach(VtdMachine.Disk, new Pasid(5));
        Assert.Equal(0UL, m.PasidEntry(Gpu) & Ssade);
        m.Write(Iova, Gpu);
        Assert.Empty(m.Scan(clear: false));
        m.Driver.SetDirtyTracking(m.Domain, enable: true);
        Assert.Equal((Ssade, Ssade), (m.PasidEntry(Gpu) & Ssade, m.PasidEntry(VtdMachine.Disk, 5) & Ssade));
        m.Write(Iova, Gpu);
        Assert.Equal([Gpa >> 12], m.Scan(clear: false).Select(r => r.FirstPage));
    }

    // SSADE governs the second stage alone: the guest's own bits are set without it.
    [Fact]
    public void Without_SSADE_the_first_stage_is_marked_and_the_second_is_not()
    {
        using VtdMachine m = Machine(out VtdNestedDomain guest, tracking: false);
        m.Write(Iova, Gpu);
        Assert.Equal(0x67UL, GuestLeaf(guest, Iova) & 0xFFF);
        Assert.False(m.IsDirty(Gpa) || m.IsAccessed(Gpa));
    }

    // SSADE is cached with the entry: the PASID cache and then the IOTLB, under the nested entry's own tag.
    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, true, true)]
    public void SSADE_takes_effect_after_both_invalidations(bool pasidCache, bool iotlb, bool isDirty)
    {
        using VtdMachine m = Machine(out _, tracking: false);
        m.Write(Iova, Gpu);
        m.PasidEntry(Gpu) |= Ssade;
        if (pasidCache) m.Submit(VtdDescriptor.PasidCachePasid(GuestId, default));
        if (iotlb) m.Submit(VtdDescriptor.IotlbDomain(GuestId));
        m.Write(Iova, Gpu);
        Assert.Equal(isDirty, m.IsDirty(Gpa));
    }

    private static void ParentWithout(VtdMachine m, ulong gpa, ulong bits) => m.Entry(gpa, 0) &= ~bits;

    private static readonly Dictionary<string, Action<VtdMachine, VtdNestedDomain>> Damage = new()
    {
        ["table not readable"] = (m, g) => ParentWithout(m, TablesOnTheWay(m, g, Iova)[2], 1),
        ["table not mapped"] = (m, g) => ParentWithout(m, TablesOnTheWay(m, g, Iova)[2], 3),
        ["table not writable"] = (m, g) => ParentWithout(m, TablesOnTheWay(m, g, Iova)[3], 2),
        ["upper table not writable"] = (m, g) => ParentWithout(m, TablesOnTheWay(m, g, Iova)[1], 2),
        ["table beyond the width"] = (m, g) => m.Memory.Word(new(TablesOnTheWay(m, g, Iova)[2] + (((Iova >> 21) & 511) * 8))) = (1UL << 50) | 7,
        ["table in no memory"] = (m, g) => m.Memory.Word(new(TablesOnTheWay(m, g, Iova)[2] + (((Iova >> 21) & 511) * 8))) = Gpa | 7,
        ["page not mapped"] = (m, _) => ParentWithout(m, Gpa, 3),
        ["page not writable"] = (m, _) => ParentWithout(m, Gpa, 2),
        ["page beyond the width"] = (m, g) => m.Memory.Word(new(TablesOnTheWay(m, g, Iova)[3] + (((Iova >> 12) & 511) * 8))) = (1UL << 50) | 7,
        ["parent table reserved"] = (m, _) => m.Entry(Gpa, 3) |= 0x80,
        ["parent table unreachable"] = (m, _) => m.Entry(Gpa, 2) = 0x1003,
        ["guest leaf not present"] = (m, g) => m.Memory.Word(new(TablesOnTheWay(m, g, Iova)[3] + (((Iova >> 12) & 511) * 8))) = 0,
        ["guest leaf read-only"] = (m, g) => m.Memory.Word(new(TablesOnTheWay(m, g, Iova)[3] + (((Iova >> 12) & 511) * 8))) &= ~2UL,
        ["not snooped"] = (m, _) => m.PasidEntry(Gpu, word: 1) &= ~(1UL << 23),
    };

    [Theory]
    [InlineData("table not readable", 0x76)]
    [InlineData("table not mapped", 0x76)]
    [InlineData("table not writable", 0x77)]
    [InlineData("upper table not writable", 0x77)]
    [InlineData("table beyond the width", 0x74)]
    [InlineData("table in no memory", 0x70)]
    [InlineData("page not mapped", 0x79)]
    [InlineData("page not writable", 0x85)]
    [InlineData("page beyond the width", 0x84)]
    [InlineData("parent table reserved", 0x7A)]
    [InlineData("parent table unreachable", 0x78)]
    [InlineData("guest leaf not present", 0x71)]
    [InlineData("guest leaf read-only", 0x85)]
    [InlineData("not snooped", 0x7C)]
    public void What_is_wrong_gives_this_record(string damage, int reason)
    {
        using VtdMachine m = Machine(out VtdNestedDomain guest);
        Damage[damage](m, guest);
        Assert.NotEqual(FaultKind.None, m.Write(Iova + 0x10, Gpu).Fault);
        VtdFaultRecord record = m.TakeFault();
        Assert.Equal((Iova, (1UL << 63) | ((ulong)reason << 32) | Gpu.Value), (record.Word0, record.Word1));
    }

    [Fact]
    public void Nesting_needs_the_capability()
    {
        using VtdMachine m = VtdMachine.Of(extended: e => e with { SupportsNesting = false });
        NotSupportedException refused = Assert.Throws<NotSupportedException>(() => new VtdNestedDomain(m.Driver, m.Protocol, m.Domain, GuestId));
        Assert.Contains("ECAP.NEST", refused.Message, StringComparison.Ordinal);
        m.Driver.Attach(VtdMachine.Nic, null, m.Domain);
        m.PasidEntry(VtdMachine.Nic) = (m.PasidEntry(VtdMachine.Nic) & ~0x1C0UL) | 0xC0;
        m.Write(Iova);
        Assert.Equal(0x5B, (int)m.TakeFault().Reason);
    }

    [Fact]
    public void A_tag_that_is_taken_is_refused()
    {
        using VtdMachine m = Machine(out _);
        Assert.Throws<InvalidOperationException>(() => new VtdNestedDomain(m.Driver, m.Protocol, m.Domain, GuestId));
        Assert.Throws<InvalidOperationException>(() => new VtdNestedDomain(m.Driver, m.Protocol, m.Domain, m.Domain.Id));
        Domain same = m.Driver.CreateDomain(GuestId);
        Assert.Throws<InvalidOperationException>(() => m.Driver.Attach(VtdMachine.Disk, null, same));
        Assert.Throws<InvalidOperationException>(() => new VtdNestedDomain(m.Driver, m.Protocol, m.Domain, new(21)).Attach(Gpu, null));
    }

    [Fact]
    public void A_device_of_a_guest_is_not_attached_over_its_head()
    {
        using VtdMachine m = Machine(out VtdNestedDomain guest);
        ulong entry = m.PasidEntry(Gpu);
        Assert.Throws<InvalidOperationException>(() => m.Driver.Attach(Gpu, null, m.Domain));
        Assert.Equal(entry, m.PasidEntry(Gpu));
        guest.Detach(Gpu, null);
    }

    [Fact]
    public void A_first_stage_driver_has_nothing_to_nest_on()
    {
        using VtdMachine m = new(VtdMachine.FirstStage);
        Assert.Throws<NotSupportedException>(() => new VtdNestedDomain(m.Driver, m.Protocol, m.Domain, GuestId));
    }

    [Fact]
    public void Detaching_takes_the_entry_and_its_translations_away()
    {
        using VtdMachine m = Machine(out VtdNestedDomain guest);
        m.Write(Iova, Gpu);
        guest.Detach(Gpu, null);
        Assert.Equal(FaultKind.PasidNotPresent, m.Write(Iova, Gpu).Fault);
        guest.Attach(Gpu, null);
        Assert.Equal(TranslationSource.Walk, m.Write(Iova, Gpu).Source);
        Assert.Throws<InvalidOperationException>(() => guest.Detach(VtdMachine.Disk, null));
    }

    // A change of the guest's own table takes PASID-based descriptors; type 2 of the parent alone would not reach its tag.
    [Fact]
    public void The_guest_changes_a_mapping_and_flushes_its_own_range()
    {
        using VtdMachine m = Machine(out VtdNestedDomain guest);
        m.Read(Iova, Gpu);
        m.Read(Iova + 0x1000, Gpu);
        InvalidationGather gather = new();
        guest.Table.Unmap(Iova, 0x1000, null, gather);
        guest.Map(Iova, Gpa + 0x6000, 0x1000);
        Assert.Equal(Spa, m.Read(Iova, Gpu).Physical);
        Assert.Equal(2, guest.Invalidate(Iova, Iova + 0xFFF, leafOnly: true));
        Assert.Equal(Spa + 0x6000, m.Read(Iova, Gpu).Physical);
        Assert.Equal(TranslationSource.Iotlb, m.Read(Iova + 0x1000, Gpu).Source);
    }

    [Fact]
    public void A_read_only_guest_page_is_not_dirtied_in_the_second_stage()
    {
        using VtdMachine m = Machine(out VtdNestedDomain guest);
        guest.Map(Iova + 0x10_0000, Gpa + 0x5000, 0x1000, Permission.Read);
        Assert.Equal(FaultKind.None, m.Read(Iova + 0x10_0000, Gpu).Fault);
        Assert.Equal(FaultKind.NoWritePermission, m.Write(Iova + 0x10_0000, Gpu).Fault);
        Assert.False(m.IsDirty(Gpa + 0x5000));
        Assert.True(m.IsAccessed(Gpa + 0x5000));
    }

    [Fact]
    public void A_large_guest_page_is_cached_no_larger_than_what_lies_below()
    {
        using VtdMachine m = Machine(out VtdNestedDomain guest);
        m.Map(0x4000_0000, 0x8000_0000, 0x20_0000, largest: 12);
        guest.Map(0x20_0000, 0x4000_0000, 0x20_0000, largestLeafLog2: 21);
        Translation got = m.Write(0x20_3456, Gpu);
        Assert.Equal((0x8000_3456UL, 12), (got.Physical, (int)got.PageLog2));
        m.Write(0x20_4000, Gpu);
        Assert.True(m.IsDirty(0x4000_3000) && m.IsDirty(0x4000_4000) && !m.IsDirty(0x4000_5000));
    }
}
