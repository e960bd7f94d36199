using Workbench.Iommu;
using Workbench.Testing;
using Workbench.Traces;

namespace Workbench.Replay.Tests.Trackers;

/// <summary>Which pages of which space are mapped (or pinned) by an orderly trace, page by page, and which were since the last harvest.</summary>
internal sealed class NaiveMappings(bool isGpa)
{
    private readonly Dictionary<(int Owner, ulong Page), ulong> mapped = [];
    private readonly Dictionary<RequesterId, ushort> domains = [];
    private HashSet<(int Space, ulong Page)> since = [];
    private bool hasSpace = !isGpa;

    /// <summary>Pages to report at each harvest of a replay whose harvests take no time.</summary>
    public static List<long> Expected(ListTrace trace, ReplayResult result, bool isGpa)
    {
        NaiveMappings naive = new(isGpa);
        List<long> expected = [];
        int at = 0;
        foreach (HarvestRow row in result.Harvests)
        {
            bool isLast = row.Harvest == result.Harvests.Count;
            while (at < trace.Events.Count && (isLast || trace.Events[at].TimeNs < row.BeginNs)) naive.Take(trace.Events[at++]);
            expected.Add(naive.since.Count);
            naive.Restart();
        }
        return expected;
    }

    // The iova view has a space for each domain; the gpa view counts per device and reports one space.
    private int OwnerOf(RequesterId device) => isGpa ? device.Value : domains[device];

    private int SpaceOf(int owner) => isGpa ? 0 : owner;

    private ulong PageOf(ulong iovaPage, ulong targetPage) => isGpa ? targetPage : iovaPage;

    private void Restart() => since = [.. mapped.Select(m => (SpaceOf(m.Key.Owner), PageOf(m.Key.Page, m.Value)))];

    private void Take(TraceEvent e)
    {
        switch (e.Kind)
        {
            case EventKind.Attach:
                domains[e.Device] = e.Domain.Value;
                break;
            case EventKind.Map:
                for (ulong i = 0; i < e.Length >> 12; i++)
                {
                    (ulong page, ulong target) = ((e.Iova >> 12) + i, (e.Target >> 12) + i);
                    mapped[(OwnerOf(e.Device), page)] = target;
                    since.Add((SpaceOf(OwnerOf(e.Device)), PageOf(page, target)));
                }
                break;
            case EventKind.Unmap:
                for (ulong i = 0; i < e.Length >> 12; i++) mapped.Remove((OwnerOf(e.Device), (e.Iova >> 12) + i));
                break;
            case EventKind.Read or EventKind.Write when !hasSpace && mapped.ContainsKey((OwnerOf(e.Device), e.Iova >> 12)):
                // The guest's memory is mapped when the first access comes: what was unpinned before is nobody's.
                hasSpace = true;
                Restart();
                break;
        }
    }
}
