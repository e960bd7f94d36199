using Workbench.Traces;

namespace Workbench.Replay;

/// <summary>The guest's memory in the gpa view: mapped once, one to one, and never unmapped.</summary>
internal sealed class GuestMemory(Machine machine, IReadOnlyList<TraceMemoryRange> ranges)
{
    /// <summary>Where the trace does not say what memory the guest has, it is mapped in pieces of this size when first touched.</summary>
    private const ulong UnknownPiece = 1UL << 30;

    private readonly HashSet<ulong> pieces = [];

    /// <summary>Maps what is known; returns a sentence for the reader of the result.</summary>
    public string Map(DomainOracle guest)
    {
        foreach (TraceMemoryRange range in ranges) machine.MapIdentity(guest, range.Start, range.Length);
        return ranges.Count > 0 ? "All guest memory of the recording is mapped." : "The trace does not say what memory the guest has: each 1 GiB piece is mapped when first touched.";
    }

    /// <summary>Maps the pieces a range touches, if the guest's memory is not known; true if one was mapped.</summary>
    public bool Ensure(DomainOracle guest, ulong gpa, ulong length)
    {
        if (ranges.Count > 0) return false;
        bool mapped = false;
        for (ulong piece = gpa & ~(UnknownPiece - 1); piece <= gpa + (length - 1); piece += UnknownPiece)
        {
            // The table does not say: a leaf may be out for a moment while its size changes.
            if (!pieces.Add(piece)) continue;
            machine.MapIdentity(guest, piece, UnknownPiece);
            mapped = true;
        }
        return mapped;
    }
}
