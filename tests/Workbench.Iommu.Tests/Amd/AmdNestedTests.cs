using Workbench.Iommu.Amd;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;
using Xunit;

namespace Workbench.Iommu.Tests.Amd;

/// <summary>
/// Guest tables above a host table: GCR3 table and guest tables lie at guest physical addresses. Both stages keep A and D. hardware.md §1b, §1.6 [I].
/// </summary>
public sealed class AmdNestedTests
{
    // Guest physical layout: GCR3 at 1 MiB, guest tables above it, data at 2 MiB. Host: guest physical tables to frames, data to 0x9_0000_0000.
    private const ulong GuestTable = 0x10_0000, Root = 0x10_1000, Data = 0x20_0000, HostData = 0x9_0000_0000, Gva = 0x7000_5000;
    private const uint Space = 3;

    private sealed class Nest : IDisposable
    {
        private readonly ulong[] frames;

        public Nest(bool tracking)
        {
            M = new AmdMachine(AmdMachine.Guest);
            Host = new PageTable<AmdV1Format>(M.Memory, TableShape.OfLevels<AmdV1Format>(4));
            frames = [.. Enumerable.Range(0, 5).Select(_ => M.Memory.AllocateFrame().Value)];
            for (int i = 0; i < frames.Length; i++) MapHost(GuestTable + ((ulong)i << 12), frames[i]);
            MapHost(Data, HostData, 0x20_0000);
            Frame(0)[(int)Space] = Root | 1;
            for (int level = 3; level > 0; level--) Frame(4 - level)[(int)((Gva >> X64Format.Shift(level)) & 511)] = X64Format.EncodeTable(Root + ((ulong)(4 - level) << 12), level);
            Leaf = X64Format.EncodeLeaf(Data + 0x3000, 0, 12, Permission.ReadWrite);
            M.SetEntry(AmdMachine.Nic, new AmdDeviceTableEntry(0, 0)
            {
                IsValid = true, TranslationIsValid = true, Mode = 4, HostRoot = Host.Root, CanRead = true, CanWrite = true, DomainId = new(20),
                GuestTranslationIsEnabled = true, GuestTable = new(GuestTable), HostAccessDirty = tracking ? AmdHostAccessDirty.AccessedAndDirty : AmdHostAccessDirty.None,
            });
            M.Submit(AmdCommand.InvalidateDeviceTableEntry(AmdMachine.Nic));
        }

        public AmdMachine M { get; }
        public PageTable<AmdV1Format> Host { get; }
        public ref ulong Leaf => ref Frame(4)[(int)((Gva >> 12) & 511)];

        public void MapHost(ulong gpa, ulong physical, ulong length = 0x1000) => Assert.Equal(MapResult.Mapped, Host.Map(gpa, physical, length, Permission.ReadWrite, 21, new()));

        public Span<ulong> Frame(int i) => System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref M.Memory.Word(new(frames[i])), 512);

        public bool HostIsDirty(ulong gpa) => Host.TryGetLeaf(gpa, out ulong entry, out _) && AmdV1Format.IsDirty(entry);

        public Translation Access(bool isWrite) => M.Access(Gva + 0x123, isWrite, pasid: Space);

        public void Dispose() => M.Dispose();
    }

    [Fact]
    public void Both_stages_translate()
    {
        using Nest n = new(tracking: false);
        Assert.Equal((FaultKind.None, HostData + 0x3123), (n.Access(false).Fault, n.Access(false).Physical));
        Assert.Equal(TranslationSource.Iotlb, n.Access(false).Source);
        // Without PASID the host table alone translates.
        Assert.Equal(HostData + 0x42, n.M.Read(Data + 0x42).Physical);
    }

    [Fact]
    public void A_write_dirties_the_data_page_and_the_tables_it_marked_in_the_host()
    {
        using Nest n = new(tracking: true);
        n.Access(false);
        Assert.Equal(X64Format.AccessedBit, n.Leaf & (X64Format.AccessedBit | X64Format.DirtyBit));
        // The guest's tables were written, to set A; its data and the GCR3 table were read.
        Assert.Equal((true, true, false, false), (n.HostIsDirty(Root), n.HostIsDirty(Root + 0x3000), n.HostIsDirty(Data), n.HostIsDirty(GuestTable)));
        n.Access(true);
        Assert.Equal((true, true), (X64Format.IsDirty(n.Leaf), n.HostIsDirty(Data)));
    }

    [Fact]
    public void With_HAD_off_the_guest_keeps_its_bits_and_the_host_has_none()
    {
        using Nest n = new(tracking: false);
        n.Access(true);
        Assert.Equal((true, false, false), (X64Format.IsDirty(n.Leaf), n.HostIsDirty(Data), n.HostIsDirty(Root)));
    }

    // Clearing the host's D takes an invalidation of host pages, which reaches what was combined of both stages.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Clearing_host_D_without_the_host_invalidation_loses_the_next_write(bool invalidates)
    {
        using Nest n = new(tracking: true);
        n.Access(true);
        ScanBudget unlimited = new() { RemainingNs = long.MaxValue };
        n.Host.ScanDirty(0, ulong.MaxValue, clear: true, ref unlimited, new Models.ReportedLeaves(), new());
        if (invalidates) n.M.Submit(AmdCommand.InvalidatePages(new(20), new(Data), 21));
        n.Access(true);
        Assert.Equal(invalidates, n.HostIsDirty(Data));
    }

    [Fact]
    public void A_host_invalidation_of_another_domain_leaves_combined_entries()
    {
        using Nest n = new(tracking: true);
        n.Access(true);
        n.M.Submit(AmdCommand.InvalidateDomain(new(21)));
        Assert.Equal(TranslationSource.Iotlb, n.Access(true).Source);
    }

    [Fact]
    public void A_guest_invalidation_drops_the_combined_entry_too()
    {
        using Nest n = new(tracking: true);
        n.Access(true);
        n.Leaf &= ~X64Format.DirtyBit;
        n.M.Submit(AmdCommand.InvalidateGuestPages(new(20), new(Space), new(Gva), 12));
        n.Access(true);
        Assert.True(X64Format.IsDirty(n.Leaf));
    }

    // What the host refuses is logged with the guest physical address and the host's domain.
    [Theory]
    [InlineData(Data, 0x20_3123UL)]
    [InlineData(Root + 0x2000, Root + 0x2000 + (((Gva >> 21) & 511) << 3))]
    [InlineData(GuestTable, GuestTable + (Space * 8))]
    public void A_host_fault_names_the_guest_physical_address(ulong unmapped, ulong address)
    {
        using Nest n = new(tracking: true);
        n.Host.Unmap(unmapped, unmapped == Data ? 0x20_0000UL : 0x1000, null, new());
        Assert.Equal(FaultKind.NotPresent, n.Access(true).Fault);
        Assert.Equal(new AmdEvent(0x2020_0014_0000_0008, address), n.M.TakeEvent());
    }

    // A guest table that the host maps read-only cannot take A.
    [Fact]
    public void A_guest_table_needs_write_permission_in_the_host_for_its_bits()
    {
        using Nest n = new(tracking: true);
        n.Host.Unmap(Root, 0x1000, null, new());
        n.Host.Map(Root, n.M.Memory.AllocateFrame().Value, 0x1000, Permission.Read, 12, new());
        Assert.Equal(FaultKind.NotPresent, n.Access(false).Fault); // an empty table: nothing to mark
        n.Host.TryGetLeaf(Root, out ulong entry, out _);
        n.M.Memory.Word(new(AmdV1Format.LeafAddress(entry, 0) + (((Gva >> 39) & 511) << 3))) = X64Format.EncodeTable(Root + 0x1000, 3);
        Assert.Equal(FaultKind.NoWritePermission, n.Access(false).Fault);
    }
}
