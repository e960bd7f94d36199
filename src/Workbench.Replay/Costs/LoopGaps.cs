namespace Workbench.Replay.Costs;

/// <summary>What becomes of the time between two events of a device when the first takes longer than recorded.</summary>
public enum LoopGaps : byte
{
    /// <summary>It is the device's own work and stays: all that was added so far delays each later event. A device that waits for each answer.</summary>
    Keep,
    /// <summary>It is idle and takes up what was added: an event is late only while the one before still holds the device up. A device that streams.</summary>
    Absorb,
}
