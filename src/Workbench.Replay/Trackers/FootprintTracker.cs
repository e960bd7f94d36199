namespace Workbench.Replay.Trackers;

/// <summary>No hardware and no cost: it knows the truth. The baseline that every other tracker is measured against.</summary>
internal sealed class FootprintTracker : IDirtyTracker
{
    /// <inheritdoc/>
    public bool IsSound => true;

    /// <inheritdoc/>
    public void Start(DomainOracle domain) { }

    /// <inheritdoc/>
    public IEnumerable<long> Harvest(DomainOracle domain, bool isLast)
    {
        domain.ReportTruth();
        yield break;
    }
}
