namespace Workbench.Traces.Synthetic;

/// <summary>Several devices in bursts of 1 to 8 events, each burst by a random one; their number is a power of two.</summary>
internal sealed class BurstPattern(IAccessPattern[] devices) : IAccessPattern
{
    private int current;
    private int left;

    public void Fill(Span<TraceEvent> events, long firstTimeNs, long stepNs, ref SplitMix64 random)
    {
        int at = 0;
        while (at < events.Length)
        {
            if (left == 0)
            {
                ulong bits = random.Next();
                current = (int)(bits & (uint)(devices.Length - 1));
                left = (int)(bits >> 61) + 1;
            }
            int count = Math.Min(left, events.Length - at);
            devices[current].Fill(events.Slice(at, count), firstTimeNs + (at * stepNs), stepNs, ref random);
            at += count;
            left -= count;
        }
    }
}
