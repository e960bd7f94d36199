using CsCheck;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Tests.Models;
using Xunit;

namespace Workbench.Iommu.Tests.Contracts;

/// <summary>What leaves allow can be changed in place.</summary>
public abstract partial class PageTableFormatContract<TFormat>
{
    private sealed class ChangedLeaves : IPermissionSink
    {
        public List<(ulong FirstPage, int SizeLog2, Permission Before)> All { get; } = [];

        public void Changed(ulong firstPage, int leafLog2, Permission before) => All.Add((firstPage, leafLog2, before));
    }

    /// <summary>Can a leaf that may only be read say that it was written?</summary>
    private static bool ReadOnlyCanBeDirty => TFormat.IsDirty(TFormat.MarkDirty(TFormat.EncodeLeaf(0, 0, TFormat.Shift(0), Permission.Read)));

    [Fact]
    public void A_protected_leaf_is_read_and_not_written_in_every_member()
    {
        foreach (InstalledLeaf leaf in EveryLeaf())
        {
            ChangedLeaves changed = new();
            InvalidationGather gather = new();
            Assert.Equal(1, leaf.Rig.Table.Protect(leaf.Iova, leaf.Last, Permission.Read, changed, gather));
            Assert.Equal([(leaf.Iova >> 12, leaf.SizeLog2, Permission.ReadWrite)], changed.All);
            Assert.Equal((leaf.Iova, leaf.Last, leaf.SizeLog2, leaf.SizeLog2, false), (gather.FirstByte, gather.LastByte, gather.SmallestLeafLog2, gather.LargestLeafLog2, gather.TablesFreed));
            Assert.Equal(1, leaf.Rig.Table.Leaves);
            for (int member = 0; member < leaf.Run; member++)
            {
                leaf.AssertTranslates(leaf.Member(member));
                Assert.Equal(FaultKind.NoWritePermission, leaf.Rig.Write(leaf.Member(member)));
            }
            Assert.Empty(leaf.DirtyMembers);
        }
    }

    [Fact]
    public void A_leaf_made_writable_again_is_what_it_was()
    {
        foreach (InstalledLeaf leaf in EveryLeaf())
        {
            ulong[] before = [.. Enumerable.Range(0, leaf.Run).Select(member => leaf.Rig.LeafWord(leaf.Member(member)))];
            leaf.Rig.Table.Protect(leaf.Iova, leaf.Last, Permission.Read, null, new());
            ChangedLeaves changed = new();
            Assert.Equal(1, leaf.Rig.Table.Protect(leaf.Iova, leaf.Last, Permission.ReadWrite, changed, new()));
            Assert.Equal([(leaf.Iova >> 12, leaf.SizeLog2, Permission.Read)], changed.All);
            Assert.Equal(before, Enumerable.Range(0, leaf.Run).Select(member => leaf.Rig.LeafWord(leaf.Member(member))));
            Assert.Equal(FaultKind.None, leaf.Rig.Write(leaf.Last));
        }
    }

    [Fact]
    public void Protection_keeps_accessed_and_where_the_format_can_say_so_dirty()
    {
        foreach (InstalledLeaf leaf in EveryLeaf())
        {
            Assert.Equal(FaultKind.None, leaf.Rig.Write(leaf.Last));
            leaf.Rig.Table.Protect(leaf.Iova, leaf.Last, Permission.Read, null, new());
            Assert.True(TFormat.IsAccessed(leaf.Rig.LeafWord(leaf.Last)));
            Assert.Equal(ReadOnlyCanBeDirty ? [leaf.Run - 1] : [], leaf.DirtyMembers);
        }
    }

    // Bits that software or the part use for something else: each that leaves the entry the same leaf with the same permission.
    [Fact]
    public void Protection_changes_no_bit_that_is_not_permission()
    {
        foreach (InstalledLeaf leaf in EveryLeaf())
        {
            ulong plain = leaf.Rig.LeafWord(leaf.Last);
            for (int bit = 0; bit < 64; bit++)
            {
                ulong word = plain ^ (1UL << bit);
                bool isSameLeaf = TFormat.IsPresent(word, leaf.Level) && TFormat.IsLeaf(word, leaf.Level) && !TFormat.HasReservedBits(word, leaf.Level) && TFormat.LeafSizeLog2(word, leaf.Level) == leaf.SizeLog2
                    && TFormat.LeafAddress(word, leaf.Level) == leaf.Physical && TFormat.PermissionOf(word, leaf.Level, true) == Permission.ReadWrite;
                // Nothing sets D and leaves A clear.
                if (!isSameLeaf || (TFormat.IsDirty(word) && !TFormat.IsAccessed(word))) continue;
                leaf.Rig.LeafWord(leaf.Last) = word;
                leaf.Rig.Table.Protect(leaf.Iova, leaf.Last, Permission.Read, null, new());
                leaf.Rig.Table.Protect(leaf.Iova, leaf.Last, Permission.ReadWrite, null, new());
                Assert.Equal(TFormat.IsDirty(word) && !ReadOnlyCanBeDirty ? TFormat.Clean(word) : word, leaf.Rig.LeafWord(leaf.Last));
            }
        }
    }

    [Fact]
    public void A_leaf_that_allows_that_already_is_left_alone()
    {
        foreach (InstalledLeaf leaf in EveryLeaf())
        {
            ChangedLeaves changed = new();
            InvalidationGather gather = new();
            Assert.Equal(0, leaf.Rig.Table.Protect(0, ulong.MaxValue, Permission.ReadWrite, changed, gather));
            Assert.True(gather.IsEmpty && changed.All.Count == 0);
        }
    }

    [Fact]
    public void A_leaf_cannot_be_left_allowing_nothing()
    {
        foreach (InstalledLeaf leaf in EveryLeaf().Take(1))
            Assert.Contains("unmap the range", Assert.Throws<ArgumentOutOfRangeException>(() => leaf.Rig.Table.Protect(0, ulong.MaxValue, Permission.None, null, new())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Protection_of_a_range_reaches_the_leaves_that_have_a_byte_in_it_and_no_other() => Assert.All(ShapesForRandomRuns, shape =>
        Gen.Select(AnyStep(shape.LastInput<TFormat>()).Array[1, 6], Gen.Int[0, 5], Gen.ULong[0, 1UL << 24], Gen.OneOf(Gen.ULong[0, 1UL << 13], Gen.ULong[0, 1UL << 32], Gen.Const(ulong.MaxValue))).Sample((maps, at, offset, length) =>
        {
            using TableRig<TFormat> rig = new(shape);
            foreach (Step map in maps) rig.Map(map.Iova, map.Physical, map.Length, map.Permission, map.LargestLeafLog2);
            ulong first = Math.Min(maps[at % maps.Length].Iova + Math.Min(offset, shape.LastInput<TFormat>() - maps[at % maps.Length].Iova), shape.LastInput<TFormat>());
            ulong last = length > ulong.MaxValue - first ? ulong.MaxValue : first + length;
            List<(ulong Start, int Log2, Permission Before)> leaves = [];
            for (ulong? next = 0; next is { } from && rig.Table.NextLeaf(from, out int log2) is { } start;)
            {
                leaves.Add((start, log2, TFormat.PermissionOf(rig.LeafWord(start), LevelOf(log2), true)));
                next = start + Bits.Mask(log2) == ulong.MaxValue ? null : start + Bits.Mask(log2) + 1;
            }
            ChangedLeaves changed = new();
            rig.Table.Protect(first, last, Permission.Read, changed, new());
            Permission wanted = TFormat.PermissionOf(TFormat.EncodeLeaf(0, 0, TFormat.Shift(0), Permission.Read), 0, true);
            Assert.Equal(leaves.Where(l => l.Before != wanted && l.Start <= last && l.Start + Bits.Mask(l.Log2) >= first).Select(l => (l.Start >> 12, l.Log2, l.Before)), changed.All);
            foreach ((ulong start, int log2, Permission before) in leaves)
                Assert.Equal(start <= last && start + Bits.Mask(log2) >= first ? wanted : before, TFormat.PermissionOf(rig.LeafWord(start), LevelOf(log2), true));
        }, iter: 60));

    private static int LevelOf(int log2) => Levels.First(level => (TFormat.LeafSizes(level) >> log2 & 1) != 0);
}
