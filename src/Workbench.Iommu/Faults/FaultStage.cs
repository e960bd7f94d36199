namespace Workbench.Iommu.Faults;

/// <summary>The stage of translation that refused a request.</summary>
public enum FaultStage : byte
{
    /// <summary>None: the device lookup failed, or nothing did.</summary>
    None,
    /// <summary>The first stage (AMD guest table, VS-stage).</summary>
    First,
    /// <summary>The second stage (AMD host table, G-stage), alone or after a first.</summary>
    Second,
}
