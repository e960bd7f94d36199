using Workbench.Iommu;
using Workbench.Replay;
using Workbench.Traces;
using Workbench.Traces.Join;
using Workbench.Traces.Native;

namespace Workbench.Analysis.Passes;

/// <summary>
/// One pass over a recording's writes to memory as the trace's mappings lead them, without an IOMMU. It sees what a replay calls the truth, but for
/// writes through translations that stayed cached after their unmap.
/// </summary>
internal sealed class WritePass
{
    private const int BatchEvents = 4096;
    private const ulong PageBytes = 4096;

    private readonly bool isGpa;
    private readonly LiveMappings<Target> mappings = new();
    private readonly Dictionary<(RequesterId Device, uint Pasid), int> owners = [];
    private readonly Dictionary<(RequesterId Device, uint Pasid), int> spaces = [];
    private readonly Dictionary<ushort, int> numbered = [];
    private readonly Action<PageWrite> visit;
    private int spaceCount;

    private readonly record struct Target(ulong Physical, Permission Permission);

    private WritePass(bool isGpa, Action<PageWrite> visit) => (this.isGpa, this.visit) = (isGpa, visit);

    /// <summary>The view that a recording is looked at in: what a migration tracks, if nothing else is said.</summary>
    public static View ViewOf(Recording recording, View view) => view != View.Migration ? view : recording.Provenance.MigrationView == "iova" ? View.Iova : View.Gpa;

    /// <summary>Visits every write in order. Progress and cancellation come from the scope.</summary>
    public static void Run(Recording recording, View view, Action<PageWrite> visit)
    {
        WritePass pass = new(ViewOf(recording, view) == View.Gpa, visit);
        using DmatReader reader = recording.Reader();
        Action<long> report = RunScope.Reporter(recording.Name, reader.EventCount);
        CancellationToken cancellation = RunScope.Current?.Cancellation ?? default;
        TraceEvent[] batch = new TraceEvent[BatchEvents];
        long done = 0;
        for (int got; (got = reader.Read(batch)) > 0; report(done += got))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (ref readonly TraceEvent e in batch.AsSpan(0, got)) pass.Take(e);
        }
    }

    private void Take(in TraceEvent e)
    {
        // PASID 0 is the address space of requests without PASID, as in a replay.
        (RequesterId, uint) who = (e.Device, e.PasidOrNone == 0 ? TraceEvent.NoPasid : e.PasidOrNone);
        switch (e.Kind)
        {
            case EventKind.Attach when !isGpa:
                Attach(who, e.Domain.Value);
                break;
            case EventKind.Map when e.Permission == Permission.None && !isGpa:
            case EventKind.Unmap:
                mappings.Unmap((uint)MappingsOf(who), e.Iova, e.Length);
                break;
            case EventKind.Map:
                mappings.Map((uint)MappingsOf(who), e.Iova, e.Length, new(e.Target, e.Permission));
                break;
            case EventKind.Write when !isGpa || (e.Flags & EventFlags.Interrupt) == 0:
                Write(e, who);
                break;
        }
    }

    /// <summary>One write: a visit for each run of pages that follow each other in the view's addresses.</summary>
    private void Write(in TraceEvent e, (RequesterId, uint) who)
    {
        uint owner = (uint)MappingsOf(who);
        int space = isGpa ? 0 : SpaceOf(who);
        ulong at = e.Iova, left = e.Length;
        while (left > 0)
        {
            bool isMapped = mappings.TryFind(owner, at, out ulong first, out Target target, out ulong inside);
            if (!isMapped && isGpa) return;
            ulong taken = Math.Min(left, isMapped ? inside : PageBytes - (at & (PageBytes - 1)));
            if (isMapped && (isGpa || (target.Permission & Permission.Write) != 0))
            {
                ulong from = isGpa ? target.Physical + (at - first) : at;
                visit(new(e.TimeNs, space, from >> 12, (from + (taken - 1)) >> 12));
            }
            at = unchecked(at + taken);
            left -= taken;
        }
    }

    /// <summary>Whose mappings a requester uses: in the gpa view its own, as recorded; in the iova view those of its domain.</summary>
    private int MappingsOf((RequesterId, uint) who)
    {
        if (!isGpa) return SpaceOf(who);
        if (!owners.TryGetValue(who, out int owner)) owners[who] = owner = owners.Count;
        return owner;
    }

    private int SpaceOf((RequesterId, uint) who)
    {
        if (!spaces.TryGetValue(who, out int space)) spaces[who] = space = spaceCount++;
        return space;
    }

    /// <summary>A domain seen for the first time is the one its device has already, if that has no number yet: its maps came before the number was known.</summary>
    private void Attach((RequesterId, uint) who, ushort domain)
    {
        if (numbered.TryGetValue(domain, out int known))
        {
            spaces[who] = known;
            return;
        }
        if (!spaces.TryGetValue(who, out int current) || numbered.ContainsValue(current)) spaces[who] = current = spaceCount++;
        numbered[domain] = current;
    }
}
