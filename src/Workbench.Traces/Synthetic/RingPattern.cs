using Workbench.Iommu;

namespace Workbench.Traces.Synthetic;

/// <summary>A receive ring: per packet a 1500-byte write and a 16-byte completion, per four packets a read of their four 16-byte descriptors.</summary>
internal sealed class RingPattern(RequesterId device, ulong start, int buffers) : IAccessPattern
{
    private const ulong PageBytes = 4096;
    // Read of descriptors, then four times payload and completion.
    private const int StepsPerGroup = 9;

    private readonly ulong descriptors = start + ((ulong)buffers * PageBytes);
    private readonly ulong completions = start + ((ulong)buffers * PageBytes) + RingBytes(buffers);
    private int packet;
    private int step;

    /// <summary>Bytes the ring touches: buffers, descriptors and completions.</summary>
    public static ulong SpanBytes(int buffers) => ((ulong)buffers * PageBytes) + (2 * RingBytes(buffers));

    public void Fill(Span<TraceEvent> events, long firstTimeNs, long stepNs, ref SplitMix64 random)
    {
        long now = firstTimeNs;
        for (int i = 0; i < events.Length; i++, now += stepNs)
        {
            ulong slot = (ulong)packet;
            if (step == 0)
            {
                events[i] = TraceEvent.Read(now, device, descriptors + (slot * 16), 64, EventFlags.Ring);
            }
            else if ((step & 1) != 0)
            {
                events[i] = TraceEvent.Write(now, device, start + (slot * PageBytes) + 64, 1500);
            }
            else
            {
                events[i] = TraceEvent.Write(now, device, completions + (slot * 16), 16, EventFlags.Ring);
                packet = packet + 1 == buffers ? 0 : packet + 1;
            }
            step = step + 1 == StepsPerGroup ? 0 : step + 1;
        }
    }

    private static ulong RingBytes(int buffers) => ((ulong)buffers * 16 + PageBytes - 1) & ~(PageBytes - 1);
}
