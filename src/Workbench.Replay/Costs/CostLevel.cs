namespace Workbench.Replay.Costs;

/// <summary>Which end of a cost's range to take.</summary>
public enum CostLevel : byte
{
    /// <summary>The middle value: the source's own figure, or the best guess.</summary>
    Default,
    /// <summary>The lowest value the sources allow.</summary>
    Low,
    /// <summary>The highest value the sources allow.</summary>
    High,
}
