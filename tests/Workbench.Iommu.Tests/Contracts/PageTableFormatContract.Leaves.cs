using CsCheck;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Tests.Models;
using Xunit;

namespace Workbench.Iommu.Tests.Contracts;

/// <summary>One leaf of every level and size, installed by the driver's side and walked by hardware.</summary>
public abstract partial class PageTableFormatContract<TFormat>
{
    /// <summary>A leaf in the smallest table that has room for it and for a neighbour before and behind.</summary>
    private sealed class InstalledLeaf : IDisposable
    {
        public InstalledLeaf(TableShape shape, int level, int sizeLog2, ulong physical, Permission permission = Permission.ReadWrite)
        {
            (Level, SizeLog2, Physical) = (level, sizeLog2, physical);
            Rig = new(shape);
            // Second of its kind if the table is large enough, else the first, which is all of the table.
            Iova = (2UL << sizeLog2) - 1 < shape.LastInput<TFormat>() ? 1UL << sizeLog2 : 0;
            Assert.Equal(MapResult.Mapped, Rig.Map(Iova, physical, 1UL << sizeLog2, permission, sizeLog2));
        }

        public TableRig<TFormat> Rig { get; }
        public int Level { get; }
        public int SizeLog2 { get; }
        public ulong Physical { get; }
        public ulong Iova { get; }
        public ulong Last => Iova + Bits.Mask(SizeLog2);
        public int Run => 1 << (SizeLog2 - TFormat.Shift(Level));

        public ulong Member(int member) => Iova + ((ulong)member << TFormat.Shift(Level));

        public void AssertTranslates(ulong iova)
        {
            Assert.Equal(FaultKind.None, Rig.Walk(iova, AccessKind.Read, out WalkResult found));
            Assert.Equal((SizeLog2, Physical, Physical + (iova - Iova)), (found.PageLog2, found.Base, found.PhysicalOf(iova)));
        }

        /// <summary>Whatever sizes there are now: its ends and its middle lead where they led, and leave no mark that was not there.</summary>
        public void AssertTranslatesWhatever()
        {
            foreach (ulong iova in (ulong[])[Iova, Iova + (Bits.Mask(SizeLog2) / 2), Iova + (Bits.Mask(SizeLog2) / 2) + 1, Last])
            {
                Assert.Equal(FaultKind.None, Rig.Walk(iova, AccessKind.Read, out WalkResult found));
                Assert.Equal((Physical + (iova - Iova), Permission.ReadWrite), (found.PhysicalOf(iova), found.Permission));
            }
        }

        public int[] DirtyMembers => [.. Enumerable.Range(0, Run).Where(member => TFormat.IsDirty(Rig.LeafWord(Member(member))))];

        public void Dispose() => Rig.Dispose();
    }

    /// <summary>A leaf of every kind, in the smallest shape that holds two of it.</summary>
    private IEnumerable<InstalledLeaf> EveryLeaf(Permission permission = Permission.ReadWrite)
    {
        foreach ((int level, int size) in KindsOfLeaf)
        {
            TableShape[] fitting = [.. Shapes.Where(shape => shape.RootLevel >= level && shape.LastInput<TFormat>() >= Bits.Mask(size))];
            if (fitting.Length == 0) continue;
            TableShape smallest = fitting.OrderBy(shape => shape.LastInput<TFormat>() < (2UL << size) - 1).ThenBy(shape => shape.InputBits).First();
            using InstalledLeaf leaf = new(smallest, level, size, PhysicalBits > size + 1 ? 3UL << size : 0, permission);
            yield return leaf;
        }
    }

    [Fact]
    public void Every_kind_of_leaf_can_be_installed() => Assert.Equal(KindsOfLeaf, EveryLeaf().Select(leaf => (leaf.Level, leaf.SizeLog2)));

    [Fact]
    public void A_leaf_fills_its_run_and_nothing_else()
    {
        foreach (InstalledLeaf leaf in EveryLeaf())
        {
            (ulong[] words, int head) = leaf.Rig.LeafTable(leaf.Iova);
            Assert.Equal(0, head % leaf.Run);
            Assert.Equal(Enumerable.Range(head, leaf.Run), Enumerable.Range(0, words.Length).Where(i => words[i] != 0));
            Assert.Equal(1, leaf.Rig.Table.Leaves);
            for (int member = 0; member < leaf.Run; member++)
            {
                ulong word = words[head + member];
                // Each member is written with the address of its own part, whether the format keeps that or not.
                Assert.Equal(TFormat.EncodeLeaf(leaf.Physical + (leaf.Member(member) - leaf.Iova), leaf.Level, leaf.SizeLog2, Permission.ReadWrite), word);
                Assert.True(TFormat.IsPresent(word, leaf.Level) && TFormat.IsLeaf(word, leaf.Level));
                Assert.False(TFormat.HasReservedBits(word, leaf.Level));
                Assert.Equal((leaf.Physical, leaf.SizeLog2), (TFormat.LeafAddress(word, leaf.Level), TFormat.LeafSizeLog2(word, leaf.Level)));
                Assert.False(TFormat.IsAccessed(word) || TFormat.IsDirty(word));
            }
        }
    }

    [Fact]
    public void A_leaf_takes_one_table_of_each_level_above_it()
    {
        foreach (InstalledLeaf leaf in EveryLeaf())
        {
            TableShape shape = new(leaf.Rig.Table.RootLevel, leaf.Rig.Table.InputBits);
            int perTable = 1 << (TFormat.IndexBits + 3 - 12), root = 1 << (shape.RootSizeLog2<TFormat>() - 12);
            Assert.Equal(root + (perTable * (shape.RootLevel - leaf.Level)), leaf.Rig.Memory.FramesInUse);
            leaf.Rig.Table.Free();
            Assert.Equal(0, leaf.Rig.Memory.FramesInUse);
        }
    }

    [Fact]
    public void Every_member_of_a_leaf_translates()
    {
        foreach (InstalledLeaf leaf in EveryLeaf())
        {
            leaf.AssertTranslates(leaf.Iova);
            leaf.AssertTranslates(leaf.Last);
            for (int member = 0; member < leaf.Run; member++)
            {
                leaf.AssertTranslates(leaf.Member(member));
                leaf.AssertTranslates(leaf.Member(member) + 0x123);
                leaf.AssertTranslates(leaf.Member(member) + Bits.Mask(TFormat.Shift(leaf.Level)));
                Assert.True(leaf.Rig.Table.TryGetLeaf(leaf.Member(member), out ulong entry, out int log2));
                Assert.Equal((leaf.Rig.LeafWord(leaf.Member(member)), leaf.SizeLog2), (entry, log2));
            }
        }
    }

    [Fact]
    public void Around_a_leaf_nothing_translates()
    {
        foreach (InstalledLeaf leaf in EveryLeaf())
        {
            if (leaf.Iova != 0) Assert.Equal(FaultKind.NotPresent, leaf.Rig.Read(leaf.Iova - 1));
            if (leaf.Last != leaf.Rig.Table.LastIova) Assert.Equal(FaultKind.NotPresent, leaf.Rig.Read(leaf.Last + 1));
            Assert.False(leaf.Iova != 0 && leaf.Rig.Table.TryGetLeaf(leaf.Iova - 1, out _, out _));
        }
    }

    [Fact]
    public void A_read_makes_the_walked_member_accessed_and_leaves_the_leaf_clean()
    {
        foreach (InstalledLeaf leaf in EveryLeaf())
        {
            int member = leaf.Run * 2 / 3;
            Assert.Equal(FaultKind.None, leaf.Rig.Read(leaf.Member(member)));
            Assert.Equal(member, Assert.Single(Enumerable.Range(0, leaf.Run), i => TFormat.IsAccessed(leaf.Rig.LeafWord(leaf.Member(i)))));
            Assert.Empty(leaf.DirtyMembers);
            Assert.Empty(leaf.Rig.Scan(clear: true, out _));
        }
    }

    [Fact]
    public void A_write_makes_the_walked_member_dirty_and_a_scan_reports_the_whole_leaf_once()
    {
        foreach (InstalledLeaf leaf in EveryLeaf())
        {
            int member = leaf.Run * 2 / 3;
            Assert.Equal(FaultKind.None, leaf.Rig.Write(leaf.Member(member) + 0x40));
            Assert.Equal([member], leaf.DirtyMembers);
            Assert.Equal((1, 1), (leaf.Rig.Counters.DirtyUpdates, leaf.Rig.Counters.AccessedUpdates - (TFormat.MarksTablesAccessed ? leaf.Rig.Table.RootLevel - leaf.Level : 0)));
            Assert.Equal([(leaf.Iova >> 12, leaf.SizeLog2)], leaf.Rig.Scan(clear: false, out ScanBudget looked));
            Assert.Equal(0, looked.EntriesCleared);
            Assert.Equal([member], leaf.DirtyMembers);
        }
    }

    [Fact]
    public void A_scan_that_clears_cleans_every_member()
    {
        foreach (InstalledLeaf leaf in EveryLeaf())
        {
            int[] written = [.. new[] { 0, leaf.Run / 3, leaf.Run / 2, leaf.Run - 1 }.Distinct()];
            foreach (int member in written) Assert.Equal(FaultKind.None, leaf.Rig.Write(leaf.Member(member)));
            Assert.Equal(written, leaf.DirtyMembers);
            Assert.Equal([(leaf.Iova >> 12, leaf.SizeLog2)], leaf.Rig.Scan(clear: true, out ScanBudget spent));
            Assert.Equal(written.Length, spent.EntriesCleared);
            Assert.Empty(leaf.DirtyMembers);
            Assert.Empty(leaf.Rig.Scan(clear: true, out _));
            // Clean, and the same leaf as before: it stays accessed, translates, and can become dirty again.
            foreach (int member in written) Assert.True(TFormat.IsAccessed(leaf.Rig.LeafWord(leaf.Member(member))));
            leaf.AssertTranslates(leaf.Last);
            Assert.Equal(FaultKind.None, leaf.Rig.Write(leaf.Last));
            Assert.Equal([leaf.Run - 1], leaf.DirtyMembers);
        }
    }

    [Fact]
    public void A_leaf_unmapped_from_its_start_goes_with_all_members_and_reports_what_was_dirty()
    {
        foreach (InstalledLeaf leaf in EveryLeaf())
        {
            Assert.Equal(FaultKind.None, leaf.Rig.Write(leaf.Last));
            ulong granule = 1UL << TFormat.Shift(0);
            ReportedLeaves reported = new();
            if (leaf.SizeLog2 > TFormat.Shift(0)) Assert.Equal(0UL, leaf.Rig.Table.Unmap(leaf.Iova + granule, 1UL << leaf.SizeLog2, reported, new()));
            Assert.Empty(reported.All);
            Assert.Equal(1UL << leaf.SizeLog2, leaf.Rig.Table.Unmap(leaf.Iova, granule, reported, new()));
            Assert.Equal([(leaf.Iova >> 12, leaf.SizeLog2)], reported.All);
            for (int member = 0; member < leaf.Run; member++) Assert.Equal(FaultKind.NotPresent, leaf.Rig.Read(leaf.Member(member)));
            Assert.Equal(0, leaf.Rig.Table.Leaves);
        }
    }

    [Theory]
    [InlineData(Permission.Read)]
    [InlineData(Permission.Write)]
    [InlineData(Permission.ReadWrite)]
    public void A_leaf_grants_what_it_was_mapped_with(Permission permission)
    {
        foreach (InstalledLeaf leaf in EveryLeaf(permission))
        {
            ulong entry = leaf.Rig.LeafWord(leaf.Last);
            Permission granted = TFormat.PermissionOf(entry, leaf.Level, true);
            AssertGrants(permission, granted);
            foreach ((AccessKind kind, Permission need) in new[] { (AccessKind.Read, Permission.Read), (AccessKind.Write, Permission.Write) })
            {
                FaultKind expected = (granted & need) != 0 ? FaultKind.None : TFormat.RefusalOf(entry, leaf.Level, kind == AccessKind.Write);
                Assert.Equal(expected, leaf.Rig.Walk(leaf.Last, kind, out WalkResult found));
                if (expected == FaultKind.None) Assert.Equal(granted, found.Permission);
            }
            Assert.Equal((granted & Permission.Write) != 0 ? [leaf.Run - 1] : [], leaf.DirtyMembers);
        }
    }

    // Whatever the driver finds in a leaf of a run, it is one leaf: the addresses of the run's members follow each other.
    [Fact]
    public void Members_of_a_run_lead_on_where_the_one_before_ends() => Gen.Select(Gen.OneOf(KindsOfLeaf.ToArray()), Gen.ULong[0, 1000], Gen.ULong).Sample((kind, at, inside) =>
    {
        TableShape? shape = Shapes.Where(s => s.RootLevel >= kind.Level && s.LastInput<TFormat>() >= Bits.Mask(kind.SizeLog2)).OrderBy(s => s.InputBits).Select(s => (TableShape?)s).FirstOrDefault();
        if (shape is not { } fits) return;
        using InstalledLeaf leaf = new(fits, kind.Level, kind.SizeLog2, (at & Bits.Mask(PhysicalBits - kind.SizeLog2)) << kind.SizeLog2);
        leaf.AssertTranslates(leaf.Iova + (inside & Bits.Mask(kind.SizeLog2)));
    }, iter: 60);
}
