namespace Workbench.Traces.Synthetic;

/// <summary>The endless accesses of one device. The state advances event by event, so the sizes of the spans do not matter.</summary>
internal interface IAccessPattern
{
    /// <summary>Writes the next accesses, <paramref name="stepNs"/> apart.</summary>
    void Fill(Span<TraceEvent> events, long firstTimeNs, long stepNs, ref SplitMix64 random);
}
