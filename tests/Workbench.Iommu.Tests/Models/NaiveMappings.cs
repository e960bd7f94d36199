namespace Workbench.Iommu.Tests.Models;

/// <summary>A leaf as anyone would write it down.</summary>
internal sealed class NaiveLeaf(ulong start, int sizeLog2, ulong physical, Permission permission)
{
    public ulong Start { get; } = start;
    public int SizeLog2 { get; } = sizeLog2;
    public ulong Physical { get; } = physical;
    public Permission Permission { get; } = permission;
    public bool Accessed { get; set; }
    public bool Dirty { get; set; }

    public ulong Last => Start + ((1UL << SizeLog2) - 1);

    public bool Holds(ulong iova) => iova >= Start && iova <= Last;
}

/// <summary>The oracle of a page table: a list of leaves, searched from front to back. Obviously right, slow.</summary>
internal sealed class NaiveMappings(ulong lastIova, ulong leafSizes)
{
    /// <summary>4 KiB, 2 MiB and 1 GiB.</summary>
    public const ulong UsualSizes = 0x4020_1000;

    // Largest first.
    private readonly int[] sizes = [.. Enumerable.Range(0, 64).Where(size => (leafSizes >> size & 1) != 0).Reverse()];
    private readonly List<NaiveLeaf> leaves = [];

    /// <summary>Leaves of 4 KiB, 2 MiB and 1 GiB in a space of a width.</summary>
    public NaiveMappings(int addressBits)
        : this(Bits.Mask(addressBits), UsualSizes)
    {
    }

    public IReadOnlyList<NaiveLeaf> InOrder => [.. leaves.OrderBy(leaf => leaf.Start)];

    public NaiveLeaf? Find(ulong iova) => leaves.Find(leaf => leaf.Holds(iova));

    /// <summary>False if part of the range is mapped; then nothing changes. The range lies within the width.</summary>
    public bool Map(ulong iova, ulong physical, ulong length, Permission permission, int largestLeafLog2)
    {
        ulong last = iova + (length - 1);
        if (last < iova || last > lastIova) throw new ArgumentOutOfRangeException(nameof(length));
        if (leaves.Exists(leaf => leaf.Start <= last && leaf.Last >= iova)) return false;
        for (ulong done = 0; done < length;)
        {
            int size = sizes.First(s => s <= largestLeafLog2 && ((iova + done) | (physical + done)) % (1UL << s) == 0 && length - done >= 1UL << s);
            leaves.Add(new(iova + done, size, physical + done, permission));
            done += 1UL << size;
        }
        return true;
    }

    /// <summary>Removes every leaf that begins in the range, whole; one that began before it stays.</summary>
    public IReadOnlyList<NaiveLeaf> Unmap(ulong iova, ulong length)
    {
        ulong last = iova + (length - 1);
        NaiveLeaf[] gone = [.. leaves.Where(leaf => leaf.Start >= iova && leaf.Start <= last).OrderBy(leaf => leaf.Start)];
        leaves.RemoveAll(leaf => leaf.Start >= iova && leaf.Start <= last);
        return gone;
    }

    private int LargestUpTo(int log2) => sizes.FirstOrDefault(size => size <= log2, sizes[^1]);

    /// <summary>Replaces a leaf by smaller ones with its marks; how many there are then, 0 if it stays. More than <paramref name="most"/> are not made.</summary>
    public long Split(ulong iova, int targetLog2, int most)
    {
        int size = LargestUpTo(targetLog2);
        if (Find(iova) is not { } leaf || leaf.SizeLog2 <= size || leaf.SizeLog2 - size > 30 || 1L << (leaf.SizeLog2 - size) > most) return 0;
        leaves.Remove(leaf);
        for (ulong done = 0; done <= leaf.Last - leaf.Start; done += 1UL << size)
            leaves.Add(new(leaf.Start + done, size, leaf.Physical + done, leaf.Permission) { Accessed = leaf.Accessed, Dirty = leaf.Dirty });
        return 1L << (leaf.SizeLog2 - size);
    }

    /// <summary>Makes one leaf of those around an address, with the marks of all; false if they cannot be one, null if there is one as large.</summary>
    public bool? Collapse(ulong iova, int targetLog2, Func<Permission, Permission> granted)
    {
        int size = LargestUpTo(targetLog2);
        ulong start = iova & ~Bits.Mask(size), last = start | Bits.Mask(size);
        if (Find(iova) is { } whole && whole.SizeLog2 >= size) return null;
        NaiveLeaf[] parts = [.. leaves.Where(leaf => leaf.Start >= start && leaf.Last <= last).OrderBy(leaf => leaf.Start)];
        if (parts.Length == 0 || parts.Aggregate(0UL, (sum, leaf) => sum + (1UL << leaf.SizeLog2)) != 1UL << size) return false;
        if ((parts[0].Physical & Bits.Mask(size)) != 0 || parts.Any(leaf => unchecked(leaf.Physical - parts[0].Physical) != leaf.Start - start || granted(leaf.Permission) != granted(parts[0].Permission))) return false;
        leaves.RemoveAll(parts.Contains);
        leaves.Add(new(start, size, parts[0].Physical, parts[0].Permission) { Accessed = parts.Any(leaf => leaf.Accessed), Dirty = parts.Any(leaf => leaf.Dirty) });
        return true;
    }

    /// <summary>The dirty leaves that hold or follow an address, cleaned if asked.</summary>
    public IReadOnlyList<(ulong FirstPage, int SizeLog2)> Scan(ulong from, bool clear)
    {
        List<(ulong, int)> dirty = [];
        foreach (NaiveLeaf leaf in InOrder.Where(leaf => leaf.Dirty && leaf.Last >= from))
        {
            dirty.Add((leaf.Start >> 12, leaf.SizeLog2));
            if (clear) leaf.Dirty = false;
        }
        return dirty;
    }
}
