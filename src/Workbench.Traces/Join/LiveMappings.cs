using System.Numerics;

namespace Workbench.Traces.Join;

/// <summary>
/// Which IOVA ranges of which owner are mapped now, and to what. Ranges are cut into aligned pieces of 4 KiB, 2 MiB, 1 GiB and so on, so a lookup is
/// one hash probe for each size in use and a guest of terabytes costs no more than one of megabytes.
/// </summary>
public sealed class LiveMappings<T>
    where T : struct
{
    private static readonly int[] Granules = [12, 21, 30, 39, 48, 57];
    private readonly Dictionary<(uint Owner, ulong Piece), Entry>[] pieces = [[], [], [], [], [], []];

    private readonly record struct Entry(ulong First, T Value);

    /// <summary>Is nothing mapped?</summary>
    public bool IsEmpty => PieceCount == 0;

    private int PieceCount
    {
        get
        {
            int count = 0;
            foreach (Dictionary<(uint, ulong), Entry> size in pieces) count += size.Count;
            return count;
        }
    }

    /// <summary>Maps a range of whole 4 KiB pages; what was mapped there before is replaced.</summary>
    public void Map(uint owner, ulong first, ulong length, T value)
    {
        Unmap(owner, first, length);
        for (ulong at = first, left = length; left > 0;)
        {
            int granule = Largest(at, left);
            pieces[granule][(owner, at >> Granules[granule])] = new(first, value);
            ulong bytes = 1UL << Granules[granule];
            left -= Math.Min(left, bytes);
            at = unchecked(at + bytes);
        }
    }

    private static int Largest(ulong at, ulong left)
    {
        int granule = Granules.Length - 1;
        while (granule > 0 && (BitOperations.TrailingZeroCount(at) < Granules[granule] || left < 1UL << Granules[granule])) granule--;
        return granule;
    }

    /// <summary>Removes a range; large pieces that stick out of it are cut, not dropped.</summary>
    public void Unmap(uint owner, ulong first, ulong length)
    {
        if (length == 0 || IsEmpty) return;
        if (HasMorePagesThanPieces(length))
        {
            Sweep(owner, first, length);
            return;
        }
        for (ulong at = first, left = length; left > 0;)
        {
            ulong done = RemoveAt(owner, at, left);
            left -= Math.Min(left, done);
            at = unchecked(at + done);
        }
    }

    /// <summary>A range so long that looking at every piece there is takes less than looking at every page of the range.</summary>
    private bool HasMorePagesThanPieces(ulong length) => length >> Granules[0] > (ulong)PieceCount;

    private void Sweep(uint owner, ulong first, ulong length)
    {
        ulong last = first + (length - 1);
        List<(int Granule, ulong Piece)>? hit = null;
        for (int granule = 0; granule < pieces.Length; granule++)
            foreach ((uint who, ulong piece) in pieces[granule].Keys)
                if (who == owner && Overlaps(granule, piece, first, last)) (hit ??= []).Add((granule, piece));
        foreach ((int granule, ulong piece) in hit ?? [])
        {
            pieces[granule].Remove((owner, piece), out Entry entry);
            ulong start = piece << Granules[granule], end = start | ((1UL << Granules[granule]) - 1);
            if (start < first) Restore(owner, start, first - start, entry);
            if (end > last) Restore(owner, last + 1, end - last, entry);
        }
    }

    private static bool Overlaps(int granule, ulong piece, ulong first, ulong last)
    {
        ulong start = piece << Granules[granule];
        return start <= last && (start | ((1UL << Granules[granule]) - 1)) >= first;
    }

    /// <summary>Removes what is mapped at one address, up to <paramref name="left"/> bytes; returns the bytes dealt with.</summary>
    private ulong RemoveAt(uint owner, ulong at, ulong left)
    {
        for (int granule = Granules.Length - 1; granule >= 0; granule--)
        {
            if (pieces[granule].Count == 0) continue;
            ulong bytes = 1UL << Granules[granule];
            ulong start = at & ~(bytes - 1);
            if (!pieces[granule].TryGetValue((owner, at >> Granules[granule]), out Entry entry)) continue;
            pieces[granule].Remove((owner, at >> Granules[granule]));
            ulong removed = Math.Min(left, bytes - (at - start));
            if (at > start) Restore(owner, start, at - start, entry);
            if (at + (removed - 1) < start + (bytes - 1)) Restore(owner, at + removed, start + (bytes - 1) - (at + (removed - 1)), entry);
            return removed;
        }
        // Nothing here: skip to the end of the smallest piece that could hold anything.
        return Math.Min(left, 4096 - (at & 4095));
    }

    private void Restore(uint owner, ulong first, ulong length, Entry entry)
    {
        for (ulong at = first, left = length; left > 0;)
        {
            int granule = Largest(at, left);
            pieces[granule][(owner, at >> Granules[granule])] = entry;
            ulong bytes = 1UL << Granules[granule];
            left -= Math.Min(left, bytes);
            at = unchecked(at + bytes);
        }
    }

    /// <summary>What is mapped at an address: the mapping's first byte and its value.</summary>
    public bool TryFind(uint owner, ulong iova, out ulong first, out T value) => TryFind(owner, iova, out first, out value, out _);

    /// <summary>What is mapped at an address: the mapping's first byte and its value, and how many bytes from the address on are mapped so at least.</summary>
    public bool TryFind(uint owner, ulong iova, out ulong first, out T value, out ulong bytes)
    {
        for (int granule = 0; granule < pieces.Length; granule++)
        {
            if (pieces[granule].Count == 0 || !pieces[granule].TryGetValue((owner, iova >> Granules[granule]), out Entry entry)) continue;
            ulong size = 1UL << Granules[granule];
            (first, value, bytes) = (entry.First, entry.Value, size - (iova & (size - 1)));
            return true;
        }
        (first, value, bytes) = (0, default, 0);
        return false;
    }

    /// <summary>
    /// The mapped parts of a range, in no order: first and last byte, the first byte of the mapping they are of, and its value. Nothing may be mapped or
    /// unmapped meanwhile.
    /// </summary>
    public IEnumerable<(ulong FirstByte, ulong LastByte, ulong MappingFirst, T Value)> PartsIn(uint owner, ulong first, ulong length)
    {
        if (length == 0 || IsEmpty) yield break;
        ulong last = first + (length - 1);
        if (HasMorePagesThanPieces(length))
        {
            for (int granule = 0; granule < pieces.Length; granule++)
                foreach (((uint who, ulong piece), Entry entry) in pieces[granule])
                {
                    if (who != owner || !Overlaps(granule, piece, first, last)) continue;
                    ulong start = piece << Granules[granule], end = start | ((1UL << Granules[granule]) - 1);
                    yield return (Math.Max(first, start), Math.Min(last, end), entry.First, entry.Value);
                }
            yield break;
        }
        for (ulong at = first; ;)
        {
            bool isMapped = TryFind(owner, at, out ulong mapping, out T value, out ulong bytes);
            // A gap has no length of its own: the next page is looked up by itself.
            ulong end = at + (Math.Min(isMapped ? bytes : 4096 - (at & 4095), last - at + 1) - 1);
            if (isMapped) yield return (at, end, mapping, value);
            if (end >= last) yield break;
            at = end + 1;
        }
    }

    /// <summary>Is any page of the range mapped?</summary>
    public bool AnyIn(uint owner, ulong first, ulong length) => TryFindIn(owner, first, length, out _);

    /// <summary>Finds a mapping that has a page in the range, any if there are several.</summary>
    public bool TryFindIn(uint owner, ulong first, ulong length, out T value)
    {
        ulong last = first + (length - 1);
        if (HasMorePagesThanPieces(length)) return TryFindAmongPieces(owner, first, last, out value);
        for (ulong at = first & ~0xFFFUL; ; at += 4096)
        {
            if (TryFind(owner, at, out _, out value)) return true;
            if (at + 4095 >= last) return false;
        }
    }

    private bool TryFindAmongPieces(uint owner, ulong first, ulong last, out T value)
    {
        for (int granule = 0; granule < pieces.Length; granule++)
        {
            foreach (((uint who, ulong piece), Entry entry) in pieces[granule])
            {
                if (who != owner || !Overlaps(granule, piece, first, last)) continue;
                value = entry.Value;
                return true;
            }
        }
        value = default;
        return false;
    }
}
