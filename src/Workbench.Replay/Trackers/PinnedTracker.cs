using System.Runtime.InteropServices;
using Workbench.Iommu.Dirty;
using Workbench.Replay.Policies;

namespace Workbench.Replay.Trackers;

/// <summary>
/// VFIO type1 with pinned scope: dirty is what the device's driver has pinned now, at every harvest anew, and what was unpinned since the last one.
/// Pinned is what the trace maps for DMA: in the gpa view the guest memory its mappings lead to, in the iova view what its own table maps.
/// Linux 6.12, vfio_iommu_type1.
/// </summary>
internal sealed class PinnedTracker(TrackerContext context) : IDirtyTracker
{
    private readonly Dictionary<DomainOracle, MappedLeaves> domains = [];
    // At each page by how much the number of mappings that lead there changes.
    private readonly SortedDictionary<ulong, long> changes = [];
    private readonly List<(ulong FirstPage, ulong LastPage)> unpinned = [];
    private readonly PageSet pages = new();

    private bool CountsPins => context.View == View.Gpa;

    /// <inheritdoc/>
    public bool IsSound => true;

    /// <inheritdoc/>
    public bool SeesPins => CountsPins;

    /// <inheritdoc/>
    public string LossCause => "written while no mapping of the trace pinned it";

    /// <inheritdoc/>
    public void Start(DomainOracle domain)
    {
        domains[domain] = new(domain);
        unpinned.Clear();
    }

    /// <inheritdoc/>
    public IEnumerable<long> Harvest(DomainOracle domain, bool isLast)
    {
        Type1Bitmap.Check(domain, domains[domain].Runs);
        long bytes = Type1Bitmap.Bytes(domain.MappedBytes, domain.Domain.Table.SmallestLeafLog2);
        context.Tally.BitmapBytes += bytes;
        yield return context.Costs.Bitmap(bytes);
        if (!CountsPins)
        {
            domains[domain].Report();
            yield break;
        }
        ReportPins(domain);
    }

    /// <inheritdoc/>
    public void Unmapping(DomainOracle domain, ulong iova, ulong length)
    {
        if (CountsPins) return;
        foreach (Leaf leaf in MappedLeaves.In(domain.Domain.Table, iova, iova + (length - 1))) domain.Report(leaf.Address >> 12, leaf.SizeLog2);
    }

    /// <inheritdoc/>
    public void Pinned(ulong firstPage, ulong lastPage) => Count(firstPage, lastPage, 1);

    /// <inheritdoc/>
    public void Unpinned(ulong firstPage, ulong lastPage)
    {
        Count(firstPage, lastPage, -1);
        unpinned.Add((firstPage, lastPage));
    }

    // Page numbers have 52 bits, so the page after the last one is a number too.
    private void Count(ulong firstPage, ulong lastPage, long by)
    {
        Change(firstPage, by);
        Change(lastPage + 1, -by);
    }

    private void Change(ulong page, long by)
    {
        long sum = changes.GetValueOrDefault(page) + by;
        if (sum == 0) changes.Remove(page);
        else changes[page] = sum;
    }

    /// <summary>Pins of memory that the guest does not have reach no page.</summary>
    private void ReportPins(DomainOracle domain)
    {
        pages.Clear();
        long pins = 0;
        ulong first = 0;
        foreach ((ulong page, long change) in changes)
        {
            if (pins == 0) first = page;
            pins += change;
            if (pins == 0) unpinned.Add((first, page - 1));
        }
        unpinned.Sort();
        int shift = domain.Domain.Table.SmallestLeafLog2 - 12;
        int at = 0;
        IReadOnlyList<(ulong FirstPage, ulong LastPage)> runs = domains[domain].Runs;
        foreach ((ulong from, ulong to) in CollectionsMarshal.AsSpan(unpinned))
        {
            while (at < runs.Count && runs[at].LastPage < from) at++;
            for (int run = at; run < runs.Count && runs[run].FirstPage <= to; run++)
            {
                ulong low = Math.Max(from, runs[run].FirstPage) >> shift, high = Math.Min(to, runs[run].LastPage) >> shift;
                pages.AddRange(low, high - low + 1);
            }
        }
        unpinned.Clear();
        if (shift == 0) domain.Report(pages);
        else
        {
            foreach (ulong page in pages) domain.Report(page << shift, shift + 12);
        }
    }
}
