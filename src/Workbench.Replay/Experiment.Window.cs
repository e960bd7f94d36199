namespace Workbench.Replay;

/// <summary>The part of a trace that is replayed.</summary>
public sealed partial record Experiment
{
    /// <summary>The text of the mark at which tracking begins.</summary>
    internal string? FromText => Moment.Of(FromMark)?.Mark;
    /// <summary>The text of the mark at which the device stops.</summary>
    internal string? ToText => Moment.Of(ToMark)?.Mark;
    /// <summary>Time since the first event from which accesses are replayed, ns.</summary>
    internal long FromNs => Moment.Of(FromMark)?.Ns ?? 0;
    /// <summary>Time since the first event at which the device stops, ns; null: at a mark or the trace's end.</summary>
    internal long? ToNs => Moment.Of(ToMark) is { Mark: null } moment ? moment.Ns : null;
    /// <summary>Is everything tracked, from the first event on?</summary>
    internal bool MeasuresFromStart => FromText is null && FromNs == 0 && WarmUpNs == 0;

    private IEnumerable<string> WindowProblems()
    {
        if (WarmUpNs > 0 && FromText is not null) yield return "Tracking begins after a warm-up or at a mark, not both.";
        if (ToNs is { } to && FromText is null && (to <= FromNs || to - FromNs <= WarmUpNs))
            yield return $"The device stops at {ToMark}, before tracking begins ({(FromMark is null ? "" : $"from {FromMark}, ")}warm-up {WarmUp}); choose a later --to.";
        if (ToNs is 0 && FromText is not null) yield return $"The device stops at {ToMark}, before anything happened; choose a later --to.";
    }
}
