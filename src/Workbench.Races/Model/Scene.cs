namespace Workbench.Races.Model;

/// <summary>What is mapped, and how, when the programs begin.</summary>
public enum Scene
{
    /// <summary>Smallest leaves under a table.</summary>
    Pages,
    /// <summary>One leaf made of several entries: AMD's replicas, Arm's contiguous entries, RISC-V's NAPOT.</summary>
    Run,
    /// <summary>A 2 MiB leaf.</summary>
    Block,
    /// <summary>Smallest leaves under a table, seen through two stages.</summary>
    Nested,
}
