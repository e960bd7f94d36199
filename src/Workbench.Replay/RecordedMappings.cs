using Workbench.Iommu;
using Workbench.Traces;
using Workbench.Traces.Join;

namespace Workbench.Replay;

/// <summary>What the trace has mapped so far: where the gpa view finds the guest's memory behind a device's addresses.</summary>
internal sealed class RecordedMappings
{
    private readonly LiveMappings<Extent> live = new();
    private readonly Dictionary<(RequesterId Device, uint Pasid), uint> pasidOwners = [];

    private readonly record struct Extent(ulong Physical, ulong Length);

    /// <summary>Takes a map event.</summary>
    public void Map(in TraceEvent e)
    {
        if (((e.Iova | e.Length | e.Target) & 0xFFF) != 0) throw new TraceFormatException($"The trace maps 0x{e.Length:x} bytes at 0x{e.Iova:x} to 0x{e.Target:x}: not whole 4 KiB pages. Check the trace.");
        live.Map(OwnerOf(e), e.Iova, e.Length, new(e.Target, e.Length));
    }

    /// <summary>Takes an unmap event.</summary>
    public void Unmap(in TraceEvent e) => live.Unmap(OwnerOf(e), e.Iova, e.Length);

    /// <summary>Where the requester of an event finds an address, and how many bytes from there, at most <paramref name="left"/>, lie in one piece; false if it is not mapped.</summary>
    public bool TryFind(in TraceEvent e, ulong iova, ulong left, out ulong gpa, out ulong inside)
    {
        uint owner = OwnerOf(e);
        gpa = 0;
        if (!live.TryFind(owner, iova, out ulong first, out Extent extent, out inside)) return false;
        // The mapping may have been cut since, or laid over: as far as its pieces follow each other.
        while (inside < left && live.TryFind(owner, unchecked(iova + inside), out ulong next, out Extent same, out ulong more) && next == first && same == extent) inside += more;
        inside = Math.Min(inside, left);
        gpa = extent.Physical + (iova - first);
        return true;
    }

    /// <summary>The guest's memory behind a range of the requester's addresses, piece by piece: first and last byte.</summary>
    public IEnumerable<(ulong First, ulong Last)> PartsIn(TraceEvent e)
    {
        foreach ((ulong first, ulong last, ulong mapping, Extent extent) in live.PartsIn(OwnerOf(e), e.Iova, e.Length))
            yield return (extent.Physical + (first - mapping), extent.Physical + (last - mapping));
    }

    // A PASID's mappings are its own; 16 bits of device and 20 of PASID do not fit 32 bits, so PASIDs are numbered as they come.
    private uint OwnerOf(in TraceEvent e)
    {
        if (e.PasidOrNone is TraceEvent.NoPasid or 0) return e.Device.Value;
        if (!pasidOwners.TryGetValue((e.Device, e.PasidOrNone), out uint owner)) pasidOwners[(e.Device, e.PasidOrNone)] = owner = 0x1_0000u + (uint)pasidOwners.Count;
        return owner;
    }
}
