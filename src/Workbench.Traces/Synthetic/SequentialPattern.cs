using Workbench.Iommu;

namespace Workbench.Traces.Synthetic;

/// <summary>4 KiB writes in address order over 2^<paramref name="pagesLog2"/> pages, again and again.</summary>
internal sealed class SequentialPattern(RequesterId device, ulong start, int pagesLog2) : IAccessPattern
{
    private ulong page;

    public void Fill(Span<TraceEvent> events, long firstTimeNs, long stepNs, ref SplitMix64 random)
    {
        long now = firstTimeNs;
        ulong mask = (1UL << pagesLog2) - 1;
        for (int i = 0; i < events.Length; i++, now += stepNs)
        {
            events[i] = TraceEvent.Write(now, device, start + (page << 12), 4096);
            page = (page + 1) & mask;
        }
    }
}
