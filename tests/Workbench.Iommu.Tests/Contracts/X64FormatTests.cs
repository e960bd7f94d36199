using Workbench.Iommu.Caches;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.LeafChanges;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Tests.Models;
using Xunit;

namespace Workbench.Iommu.Tests.Contracts;

public sealed class X64FormatTests : PageTableFormatContract<X64Format>
{
    protected override int PhysicalBits => 52;

    // PS is a leaf at levels 1 and 2, PAT at level 0 and reserved above.
    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    public void The_page_size_bit_is_reserved_above_level_2(int level, bool isReserved) =>
        Assert.Equal(isReserved, X64Format.HasReservedBits(X64Format.PageSizeBit | 7, level));

    [Theory]
    [InlineData(1, 0x1000UL, false)] // PAT
    [InlineData(1, 0x2000UL, true)]
    [InlineData(1, 0x10_0000UL, true)]
    [InlineData(1, 0x20_0000UL, false)]
    [InlineData(2, 0x1000UL, false)] // PAT
    [InlineData(2, 0x20_0000UL, true)]
    [InlineData(2, 0x2000_0000UL, true)]
    [InlineData(2, 0x4000_0000UL, false)]
    public void A_large_page_is_aligned_to_its_size(int level, ulong address, bool isReserved) =>
        Assert.Equal(isReserved, X64Format.HasReservedBits(address | X64Format.PageSizeBit | 7, level));

    [Fact]
    public void Leaves_have_three_sizes() =>
        Assert.Equal([0x1000UL, 0x20_0000UL, 0x4000_0000UL, 0UL, 0UL], Enumerable.Range(0, 5).Select(X64Format.LeafSizes));

    /// <summary>A table of hand-written entries: one page at an address, without a driver in between.</summary>
    private sealed class Walk : IDisposable
    {
        private readonly PhysicalMemory memory = new();
        private readonly PageTableWalker<X64Format> walker;
        private readonly ulong root;
        private IommuCounters counters;

        public Walk(ulong iova, int levels, bool hasWalkCaches)
        {
            walker = new(memory, hasWalkCaches);
            Levels = levels;
            ulong table = root = memory.AllocateFrame().Value;
            for (int level = levels - 1; ; level--)
            {
                Slots[level] = table + (((iova >> X64Format.Shift(level)) & 511) * 8);
                if (level == 0) break;
                table = memory.AllocateFrame().Value;
                this[level] = table | 7;
            }
            this[0] = 0x9007;
        }

        private Dictionary<int, ulong> Slots { get; } = [];
        private int Levels { get; }

        public ulong this[int level]
        {
            get => memory.Word(new(Slots[level]));
            set => memory.Word(new(Slots[level])) = value;
        }

        public FaultKind Access(ulong iova, AccessKind kind, out ulong physical, ulong alsoAccessed = 0)
        {
            TranslationContext context = new()
            {
                Tag = new CacheTag(new DomainId(1), 0),
                Walker = walker,
                Table = new()
                {
                    Root = root, RootLevel = Levels - 1, LastInput = TableShape.OfLevels<X64Format>(Levels).LastInput<X64Format>(), IsSigned = true,
                    Accessed = BitKeeping.ByHardware, Dirty = BitKeeping.ByHardware, MarksTables = true, AlsoAccessed = alsoAccessed,
                },
            };
            FaultKind fault = walker.Walk(context, iova, kind, ref counters, out WalkResult result);
            physical = result.PhysicalOf(iova);
            return fault;
        }

        public void Dispose() => memory.Dispose();
    }

    public static TheoryData<ulong, int> CanonicalAddresses => new()
    {
        { 0, 4 }, { 0x0000_7FFF_FFFF_F000, 4 }, { 0xFFFF_8000_0000_0000, 4 }, { 0xFFFF_FFFF_FFFF_F000, 4 }, { 0xFFFF_9234_5678_9000, 4 },
        { 0x00FF_FFFF_FFFF_F000, 5 }, { 0xFF00_0000_0000_0000, 5 }, { 0xFFFF_FFFF_FFFF_F000, 5 }, { 0xFF12_3456_789A_B000, 5 },
    };

    [Theory]
    [MemberData(nameof(CanonicalAddresses))]
    public void Canonical_addresses_of_both_halves_are_walked(ulong iova, int levels)
    {
        foreach (bool hasWalkCaches in new[] { false, true })
        {
            using Walk walk = new(iova, levels, hasWalkCaches);
            for (int i = 0; i < 2; i++)
            {
                Assert.Equal(FaultKind.None, walk.Access(iova + 0x10, AccessKind.Write, out ulong physical));
                Assert.Equal(0x9010UL, physical);
            }
            Assert.Equal(0x9067UL, walk[0]);
            for (int level = 1; level < levels; level++) Assert.Equal(0x27UL, walk[level] & 0xFFF);
        }
    }

    [Theory]
    [InlineData(0x0000_8000_0000_0000UL, 4)]
    [InlineData(0xFFFF_7FFF_FFFF_FFFFUL, 4)]
    [InlineData(0x8000_0000_0000_0000UL, 4)]
    [InlineData(0x0100_0000_0000_0000UL, 5)]
    [InlineData(0xFEFF_FFFF_FFFF_FFFFUL, 5)]
    public void Other_addresses_are_not(ulong iova, int levels)
    {
        using Walk walk = new(iova, levels, hasWalkCaches: true);
        Assert.Equal(FaultKind.NotCanonical, walk.Access(iova, AccessKind.Read, out _));
        Assert.Equal(0x9007UL, walk[0]);
    }

    // U/S and R/W hold for every level above the page, and what the walk caches remember of them.
    [Theory]
    [InlineData(0, 4UL, AccessKind.Read, FaultKind.SupervisorOnly)]
    [InlineData(0, 4UL, AccessKind.Write, FaultKind.SupervisorOnly)]
    [InlineData(0, 4UL, AccessKind.TranslateToWrite, FaultKind.SupervisorOnly)]
    [InlineData(1, 4UL, AccessKind.Read, FaultKind.SupervisorOnly)]
    [InlineData(2, 4UL, AccessKind.Write, FaultKind.SupervisorOnly)]
    [InlineData(3, 4UL, AccessKind.TranslateToRead, FaultKind.SupervisorOnly)]
    [InlineData(0, 2UL, AccessKind.Read, FaultKind.None)]
    [InlineData(0, 2UL, AccessKind.Write, FaultKind.NoWritePermission)]
    [InlineData(2, 2UL, AccessKind.Read, FaultKind.None)]
    [InlineData(2, 2UL, AccessKind.Write, FaultKind.NoWritePermission)]
    [InlineData(3, 2UL, AccessKind.TranslateToWrite, FaultKind.None)]
    [InlineData(1, 1UL, AccessKind.Read, FaultKind.NotPresent)]
    public void A_bit_cleared_at_a_level_refuses(int level, ulong bit, AccessKind kind, FaultKind expected)
    {
        const ulong Iova = 0x12_3456_7000;
        using Walk walk = new(Iova, 4, hasWalkCaches: true);
        walk[level] &= ~bit;
        for (int i = 0; i < 2; i++) Assert.Equal(expected, walk.Access(Iova, kind, out _));
        Assert.False(X64Format.IsDirty(walk[0]));
    }

    [Fact]
    public void Extended_accessed_is_set_with_accessed_at_every_level()
    {
        const ulong Iova = 0x12_3456_7000;
        using Walk walk = new(Iova, 5, hasWalkCaches: false);
        walk.Access(Iova, AccessKind.Read, out _);
        for (int level = 0; level < 5; level++) Assert.Equal(0x27UL, walk[level] & 0xFFF);
        walk.Access(Iova, AccessKind.Read, out _, X64Format.ExtendedAccessedBit); // A is set already: EA is wanted all the same
        for (int level = 0; level < 5; level++) Assert.Equal(0x427UL, walk[level] & 0xFFF);
        walk.Access(Iova, AccessKind.Write, out _, X64Format.ExtendedAccessedBit);
        Assert.Equal(0x9467UL, walk[0]);
    }

    // Bit 12 of a large leaf is PAT: it is not where the page lies.
    [Theory]
    [InlineData(1, 0x0280_1087UL, 0x0280_0000UL)]
    [InlineData(2, 0x4000_1087UL, 0x4000_0000UL)]
    public void A_large_leaf_with_PAT_is_walked(int level, ulong word, ulong page)
    {
        const ulong Iova = 0x40_0000_1000;
        using Walk walk = new(Iova, 4, hasWalkCaches: false);
        walk[level] = word;
        Assert.Equal(FaultKind.None, walk.Access(Iova, AccessKind.Write, out ulong physical));
        Assert.Equal(page + 0x1000, physical);
        Assert.Equal(word | 0x60, walk[level]);
    }

    // PAT moves between bit 12 of a large leaf and bit 7 of a small one, where bit 12 is address.
    [Theory]
    [InlineData(21, 12, 0x80UL)]
    [InlineData(30, 21, 0x1080UL)]
    [InlineData(30, 12, 0x80UL)]
    public void PAT_stays_when_a_leaf_is_split_and_collapsed(int large, int small, ulong flags)
    {
        using TableRig<X64Format> rig = new(TableShape.OfLevels<X64Format>(4));
        Assert.Equal(MapResult.Mapped, rig.Map(1UL << 30, 5UL << 30, 1UL << large, largest: large));
        rig.LeafWord(1UL << 30) |= 0x1000;
        ulong before = rig.LeafWord(1UL << 30), second = (1UL << 30) + (1UL << small);
        LeafChangeCounts counts = default;
        ILeafChange split = rig.Table.BeginSplit(1UL << 30, small, LeafChangeProtocol.Sound, null, ref counts)!;
        split.Build(ref counts);
        split.Install(ref counts);
        Assert.Equal(((5UL << 30) + (1UL << small)) | flags | 7, rig.LeafWord(second));
        ILeafChange collapse = rig.Table.BeginCollapse(1UL << 30, large, LeafChangeProtocol.Sound, null, ref counts)!;
        collapse.Install(ref counts);
        collapse.Settle(ref counts);
        Assert.Equal(before, rig.LeafWord(1UL << 30));
    }
}
