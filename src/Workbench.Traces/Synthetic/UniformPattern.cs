using Workbench.Iommu;

namespace Workbench.Traces.Synthetic;

/// <summary>512 bytes at the start of uniformly random pages of 2^<paramref name="pagesLog2"/>, half of them written.</summary>
internal sealed class UniformPattern(RequesterId device, ulong start, int pagesLog2) : IAccessPattern
{
    public void Fill(Span<TraceEvent> events, long firstTimeNs, long stepNs, ref SplitMix64 random)
    {
        long now = firstTimeNs;
        for (int i = 0; i < events.Length; i++, now += stepNs)
        {
            ulong bits = random.Next();
            ulong iova = start + (bits >> (64 - pagesLog2) << 12);
            events[i] = (bits & 1) != 0 ? TraceEvent.Write(now, device, iova, 512) : TraceEvent.Read(now, device, iova, 512);
        }
    }
}
