using Workbench.Iommu;

namespace Workbench.Traces.Synthetic;

/// <summary>512 bytes at the start of Zipf-distributed pages, half of them written; neighbouring ranks lie far apart.</summary>
internal sealed class ZipfPattern(RequesterId device, ulong start, int pagesLog2, ZipfTable table) : IAccessPattern
{
    // Odd, so multiplication modulo 2^n is a bijection; Knuth's multiplicative hash.
    private const uint Scatter = 0x9E3779B1;
    // One of the bits that the table leaves free.
    private const int WriteBit = 40;

    public void Fill(Span<TraceEvent> events, long firstTimeNs, long stepNs, ref SplitMix64 random)
    {
        long now = firstTimeNs;
        ulong mask = (1UL << pagesLog2) - 1;
        for (int i = 0; i < events.Length; i++, now += stepNs)
        {
            ulong bits = random.Next();
            ulong page = unchecked(table.Rank(bits) * Scatter) & mask;
            ulong iova = start + (page << 12);
            events[i] = (bits >> WriteBit & 1) != 0 ? TraceEvent.Write(now, device, iova, 512) : TraceEvent.Read(now, device, iova, 512);
        }
    }
}
