using Workbench.Iommu.Dirty;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.PageTables;

namespace Workbench.Replay.Iommufd;

/// <summary>
/// The walk under the ioctls: through the areas of a range in order, looking for dirty leaves, recording each in the bitmap (if there is one) and clearing it
/// (if asked). What is cleared waits for its invalidation.
/// </summary>
internal sealed class DirtyWalk(Hwpt hwpt, KernelQuirks quirks, bool clear, IovaBitmap? bitmap) : IDirtySink
{
    // The table gathers too; what is invalidated is decided here.
    private readonly InvalidationGather unused = new();
    private readonly IPageTable table = hwpt.Domain.Table;
    private Segment segment;
    private ulong position, last;
    private bool isUnderWay;

    private enum Recording : byte
    {
        /// <summary>Each leaf as it is.</summary>
        Leaves,
        /// <summary>The one leaf from an address inside it on, in its whole length.</summary>
        Shifted,
        /// <summary>What lies in the segment; the leaf stays dirty.</summary>
        Clipped,
    }

    /// <summary>A part of the range that is scanned in one go.</summary>
    private record struct Segment(ulong From, ulong To, Recording Recording, ulong StepTo);

    /// <summary>What was cleared and is not invalidated yet.</summary>
    public ClearedRuns Cleared { get; } = new(quirks.HullFlush);
    /// <summary>Did the walk come to an address that is not mapped? It ended there.</summary>
    public bool FoundHole { get; private set; }

    /// <summary>Begins a range; both ends included.</summary>
    public void Begin(ulong first, ulong last) => (position, this.last, isUnderWay, FoundHole) = (first, last, false, false);

    /// <summary>Walks until the range ends (true) or the budget is used up (false).</summary>
    public bool Advance(ref ScanBudget budget)
    {
        while (true)
        {
            if (hwpt.Ioas.Find(position) is not { } area)
            {
                FoundHole = true;
                return true;
            }
            ulong areaLast = Math.Min(last, area.LastByte);
            if (!isUnderWay) segment = Next(position, areaLast);
            isUnderWay = true;
            if (table.ScanDirty(segment.From, segment.To, clear && segment.Recording != Recording.Clipped, ref budget, this, unused) is { } next)
            {
                segment.From = next;
                return false;
            }
            isUnderWay = false;
            // A step past the area's end goes on at the next area's first byte.
            if (segment.StepTo >= areaLast)
            {
                if (areaLast >= last) return true;
                position = areaLast + 1;
            }
            else position = segment.StepTo + 1;
        }
    }

    /// <inheritdoc/>
    public void Report(ulong firstPage, int leafLog2)
    {
        ulong first = firstPage << 12, leafLast = first | ((1UL << leafLog2) - 1);
        switch (segment.Recording)
        {
            case Recording.Shifted:
                bitmap?.Set((quirks.Bitmap & BitmapDefects.RecordsLeafHead) != 0 ? first : position, 1UL << leafLog2);
                break;
            case Recording.Clipped:
                bitmap?.Set(position, Math.Min(leafLast, segment.To) - position + 1);
                return;
            default:
                bitmap?.Set(first, 1UL << leafLog2);
                break;
        }
        if (clear) Cleared.Add(first, leafLast, leafLog2);
    }

    private Segment Next(ulong from, ulong areaLast)
    {
        (ulong first, ulong leafLast) = LeafAt(from);
        if (quirks.SubLeafOverReport)
            return first < from ? new(from, from, Recording.Shifted, unchecked(from + (leafLast - first))) : new(from, areaLast, Recording.Leaves, areaLast);
        if (first < from || leafLast > areaLast) return new(from, Math.Min(leafLast, areaLast), Recording.Clipped, Math.Min(leafLast, areaLast));
        (first, leafLast) = LeafAt(areaLast);
        return leafLast > areaLast ? new(from, first - 1, Recording.Leaves, first - 1) : new(from, areaLast, Recording.Leaves, areaLast);
    }

    private (ulong FirstByte, ulong LastByte) LeafAt(ulong iova)
    {
        if (!table.TryGetLeaf(iova, out _, out int log2)) return (iova, iova);
        ulong first = iova & ~((1UL << log2) - 1);
        return (first, first | ((1UL << log2) - 1));
    }
}
