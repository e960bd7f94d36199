namespace Workbench.Replay.Iommufd;

/// <summary>How far a read of the dirty bitmap has come.</summary>
public enum ReadPhase
{
    /// <summary>Leaves are looked at, recorded and cleared.</summary>
    Walking,
    /// <summary>The walk is over; what was cleared is not invalidated yet.</summary>
    Walked,
    /// <summary>The ioctl has returned: the invalidation has completed, and pages may be copied.</summary>
    Completed,
}
