using Workbench.Iommu.Caches;

namespace Workbench.Replay.Curves;

/// <summary>
/// Pages as words: the number of the address space (an owner's pages of one size) above the page's number, so that the pages of a range are a range of words. Spaces are
/// numbered from 1, so that words below <see cref="FirstKey"/> are free for other uses.
/// </summary>
internal sealed class PageKeys(int addressBits)
{
    private readonly int pageBits = addressBits - 12;
    private readonly Dictionary<(ulong Owner, int PageLog2), ulong> bases = [];
    private readonly List<(ulong Owner, int PageLog2, ulong Base)> spaces = [];

    /// <summary>The lowest key there is.</summary>
    public ulong FirstKey => 1UL << pageBits;

    /// <summary>What the keys of an owner's pages of one size have above the page's number.</summary>
    public ulong BaseOf(ulong owner, int pageLog2)
    {
        if (bases.TryGetValue((owner, pageLog2), out ulong known)) return known;
        ulong number = (ulong)spaces.Count + 1, most = (1UL << (64 - pageBits)) - 1;
        if (number > most) throw new ModelLimitException($"The trace uses more than {most} address spaces and page sizes: with addresses of {addressBits} bits no more can be told apart. Use fewer --address-bits, or a part of the trace.");
        ulong added = number << pageBits;
        bases[(owner, pageLog2)] = added;
        spaces.Add((owner, pageLog2, added));
        return added;
    }

    /// <summary>The keys of the pages of any size that would hold an owner's address, smallest first.</summary>
    public ulong[] CandidatesAt(ulong owner, ulong iova) =>
        iova >> 12 >= FirstKey ? [] : [.. spaces.Where(s => s.Owner == owner).OrderBy(s => s.PageLog2).Select(s => s.Base | (iova >> s.PageLog2))];

    /// <summary>Passes an invalidation on, as ranges of keys.</summary>
    public void Drop(TagMatch owners, ulong firstByte, ulong lastByte, ulong leafSizes, CurveFeed feed)
    {
        if (owners == TagMatch.Everyone && firstByte == 0 && lastByte == ulong.MaxValue && leafSizes == ulong.MaxValue)
        {
            if (spaces.Count > 0) feed.Drop(FirstKey, ulong.MaxValue);
            return;
        }
        if (firstByte >> 12 >= FirstKey) return;
        ulong last = Math.Min(lastByte, (FirstKey << 12) - 1);
        foreach ((ulong owner, int pageLog2, ulong spaceBase) in spaces)
            if (owners.Covers(owner) && ((leafSizes >> pageLog2) & 1) != 0) feed.Drop(spaceBase | (firstByte >> pageLog2), spaceBase | (last >> pageLog2));
    }
}
