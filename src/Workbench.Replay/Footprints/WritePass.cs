using System.Globalization;
using Workbench.Iommu;
using Workbench.Traces;
using Workbench.Traces.Join;

namespace Workbench.Replay.Footprints;

/// <summary>
/// One pass over a trace's writes to memory as its mappings lead them, without an IOMMU. It sees what a replay calls the truth, but for
/// writes through translations that stayed cached after their unmap.
/// </summary>
public sealed class WritePass
{
    /// <summary>The longest trace in ns: 146 years.</summary>
    internal const long LongestNs = 1L << 62;
    private const int BatchEvents = 1024;
    private const ulong PageBytes = 4096;
    /// <summary>No device moves more in one access; a replay refuses it too.</summary>
    private const ulong LongestAccess = 1UL << 32;
    private const int RememberedPages = 4096;
    /// <summary>Forgetting more pages than this one by one takes longer than forgetting all.</summary>
    private const ulong ForgottenOneByOne = 512;

    private readonly bool isGpa;
    private readonly PageWriteVisitor visit;
    private readonly LiveMappings<Target> mappings = new();
    private readonly Dictionary<(RequesterId Device, uint Pasid), int> owners = [];
    private readonly Dictionary<(RequesterId Device, uint Pasid), int> spaces = [];
    private readonly Dictionary<ushort, int> numbered = [];
    // Translations of single pages, found before: one place for each, by the page's low bits.
    private readonly Remembered[] remembered = new Remembered[RememberedPages];
    private PageWrite[] writes = new PageWrite[BatchEvents];
    private int writeCount, spaceCount;
    // The requester of the last access.
    private (RequesterId Device, uint Pasid) current;
    private int currentOwner = -1, currentSpace;

    private readonly record struct Target(ulong Physical, Permission Permission);

    /// <summary>A page that may be written, and where it leads; an owner of 0 stands for nothing.</summary>
    private readonly record struct Remembered(ulong Page, ulong Leads, int OwnerPlusOne);

    /// <summary>Begins a pass that is fed with <see cref="Feed"/>. The view is iova or gpa: see <see cref="ViewOf"/>.</summary>
    public WritePass(View view, PageWriteVisitor visit)
    {
        ArgumentNullException.ThrowIfNull(visit);
        if (view == View.Migration) throw new ArgumentException("Whose addresses count depends on the trace here: ask ViewOf with its provenance.", nameof(view));
        (isGpa, this.visit) = (view == View.Gpa, visit);
    }

    /// <summary>Time of the first event, ns.</summary>
    public long FirstNs { get; private set; }
    /// <summary>Time of the last event, ns.</summary>
    public long LastNs { get; private set; }
    /// <summary>Events so far.</summary>
    public long Events { get; private set; }

    /// <summary>The view that a trace is looked at in: what a migration tracks, if nothing else is said.</summary>
    public static View ViewOf(TraceProvenance provenance, View view)
    {
        ArgumentNullException.ThrowIfNull(provenance);
        return view != View.Migration ? view : provenance.MigrationView == "iova" ? View.Iova : View.Gpa;
    }

    /// <summary>Visits every write of a trace in order. <paramref name="progress"/> is told the events done; cancelling throws.</summary>
    public static void Run(ITraceSource source, View view, PageWriteVisitor visit, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        WritePass pass = new(ViewOf(source.Provenance, view), visit);
        for (ReadOnlySpan<TraceEvent> next; !(next = source.Next()).IsEmpty; progress?.Invoke(pass.Events))
        {
            cancellation.ThrowIfCancellationRequested();
            pass.Feed(next);
        }
    }

    /// <summary>Visits the writes of the next events of the trace.</summary>
    public void Feed(ReadOnlySpan<TraceEvent> traceEvents)
    {
        while (traceEvents.Length > 0)
        {
            ReadOnlySpan<TraceEvent> batch = traceEvents[..Math.Min(BatchEvents, traceEvents.Length)];
            if (Events == 0) FirstNs = batch[0].TimeNs;
            long nowNs = Events == 0 ? FirstNs : LastNs;
            LastNs = batch[^1].TimeNs;
            if ((Int128)LastNs - FirstNs >= LongestNs - 1) throw new TraceFormatException($"The trace has events at times {FirstNs} to {LastNs} ns, more than 146 years apart. Check the source's clock.");
            foreach (ref readonly TraceEvent e in batch)
            {
                if (e.TimeNs < nowNs) ThrowBackwards(e);
                nowNs = e.TimeNs;
                if (e.IsAccess)
                {
                    if (e.Kind == EventKind.Write) Write(e);
                }
                else Other(e);
            }
            Events += batch.Length;
            if (writeCount > 0) visit(writes.AsSpan(0, writeCount));
            writeCount = 0;
            traceEvents = traceEvents[batch.Length..];
        }
    }

    private void Other(in TraceEvent e)
    {
        switch (e.Kind)
        {
            case EventKind.Attach when !isGpa:
                Attach(WhoOf(e), e.Domain.Value);
                currentOwner = -1;
                break;
            case EventKind.Map when e.Permission == Permission.None && !isGpa:
            case EventKind.Unmap:
                Become(e);
                mappings.Unmap((uint)currentOwner, e.Iova, e.Length);
                Forget(e.Iova, e.Length);
                break;
            case EventKind.Map:
                Become(e);
                mappings.Map((uint)currentOwner, e.Iova, e.Length, new(e.Target, e.Permission));
                Forget(e.Iova, e.Length);
                break;
        }
    }

    private void Write(in TraceEvent e)
    {
        if (isGpa && (e.Flags & EventFlags.Interrupt) != 0) return;
        if (currentOwner < 0 || e.Device != current.Device || e.PasidOrNone != current.Pasid) Become(e);
        ulong page = e.Iova >> 12;
        ref readonly Remembered known = ref remembered[page & (RememberedPages - 1)];
        if (known.Page == page && known.OwnerPlusOne == currentOwner + 1 && e.Length <= PageBytes - (e.Iova & (PageBytes - 1)) && e.Length > 0) Visit(new(e.TimeNs, currentSpace, known.Leads, known.Leads));
        else WritePieces(e);
    }

    /// <summary>One write: a visit for each run of pages that follow each other in the view's addresses.</summary>
    private void WritePieces(in TraceEvent e)
    {
        if (e.Length > LongestAccess || (e.Length > 0 && e.Iova > ulong.MaxValue - (e.Length - 1)))
            throw new TraceFormatException(string.Create(CultureInfo.InvariantCulture, $"An access of {e.Length} bytes at 0x{e.Iova:x} (time {e.TimeNs} ns): no DMA is longer than 4 GiB or goes beyond 2^64. The trace is broken; make it anew."));
        ulong at = e.Iova, left = e.Length;
        while (left > 0)
        {
            bool isMapped = mappings.TryFind((uint)currentOwner, at, out ulong first, out Target target, out ulong inside);
            if (!isMapped && isGpa) return;
            ulong taken = Math.Min(left, isMapped ? inside : PageBytes - (at & (PageBytes - 1)));
            if (isMapped && (isGpa || (target.Permission & Permission.Write) != 0))
            {
                ulong from = isGpa ? target.Physical + (at - first) : at;
                Visit(new(e.TimeNs, currentSpace, from >> 12, (from + (taken - 1)) >> 12));
                // Guest memory need not be mapped page on page.
                if (((from ^ at) & (PageBytes - 1)) == 0) remembered[(at >> 12) & (RememberedPages - 1)] = new(at >> 12, from >> 12, currentOwner + 1);
            }
            at = unchecked(at + taken);
            left -= taken;
        }
    }

    private void Visit(in PageWrite write)
    {
        if (writeCount == writes.Length) Array.Resize(ref writes, 2 * writes.Length);
        writes[writeCount++] = write;
    }

    private static void ThrowBackwards(in TraceEvent e) => throw new TraceFormatException($"{e.Kind} at {e.TimeNs} ns follows a later event; the times of a trace never decrease. Sort it by time.");

    /// <summary>What was remembered of a range holds no more.</summary>
    private void Forget(ulong first, ulong length)
    {
        ulong pages = (length >> 12) + 1;
        if (pages > ForgottenOneByOne) Array.Clear(remembered);
        else for (ulong page = first >> 12, end = unchecked(page + pages); page != end; page = unchecked(page + 1)) remembered[page & (RememberedPages - 1)] = default;
    }

    /// <summary>Requests of another requester follow.</summary>
    private void Become(in TraceEvent e)
    {
        (RequesterId, uint) who = WhoOf(e);
        (current, currentOwner, currentSpace) = ((e.Device, e.PasidOrNone), MappingsOf(who), isGpa ? 0 : SpaceOf(who));
    }

    /// <summary>PASID 0 is the address space of requests without PASID, as in a replay.</summary>
    private static (RequesterId, uint) WhoOf(in TraceEvent e) => (e.Device, e.PasidOrNone == 0 ? TraceEvent.NoPasid : e.PasidOrNone);

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
        if (!spaces.TryGetValue(who, out int space) || numbered.ContainsValue(space)) spaces[who] = space = spaceCount++;
        numbered[domain] = space;
    }
}
