namespace Workbench.Replay.Policies;

/// <summary>
/// Decides which leaves of a domain are split and collapsed, and when. One instance serves one domain. It plans; the workbench carries the plan out in
/// trace time, step by step, while DMA goes on. To add a policy write one class and name it in <see cref="PolicyCatalogue"/>, or hand a factory
/// to <see cref="Replayer"/>.
/// </summary>
public interface ILeafPolicy
{
    /// <summary>Is dirty tracking on from the moment a domain is made, so that <see cref="LeafPlan.Dirty"/> holds what was written before tracking began?</summary>
    bool TracksFromProvisioning => false;

    /// <summary>Tracking begins. Called again if memory that was mapped before becomes known later.</summary>
    void TrackingBegins(LeafPlan plan) { }

    /// <summary>A harvest of the domain is complete; <see cref="LeafPlan.Dirty"/> is what it reported.</summary>
    void HarvestDone(LeafPlan plan) { }

    /// <summary>The migration is given up; devices run on.</summary>
    void Cancelled(LeafPlan plan) { }

    /// <summary>The last harvest is taken; devices stand still.</summary>
    void DeviceStopped(LeafPlan plan) { }
}
