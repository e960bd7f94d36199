using Workbench.Races.Model;

namespace Workbench.Races.Protocols;

/// <summary>One step of a program.</summary>
internal sealed record RaceInstruction(RaceOp Op, int Line, string Text)
{
    /// <summary>The entry it reads or writes.</summary>
    public int Slot { get; init; }
    /// <summary>The register it fills or compares with; -1: none.</summary>
    public int Register { get; init; } = -1;
    public RaceValue? Value { get; init; }
    /// <summary>It is done only if one of these is dirty; empty: always.</summary>
    public IReadOnlyList<RaceValue> IfDirty { get; init; } = [];
    /// <summary>Pages it is about, a bit each.</summary>
    public int Pages { get; init; }
    /// <summary>Where a failed compare-and-swap goes on.</summary>
    public int Else { get; init; }
    public RaceCommand Command { get; init; }
    /// <summary>Tracking on?</summary>
    public bool On { get; init; }
    /// <summary>Registers that later instructions read, a bit each.</summary>
    public int LiveAfter { get; init; }

    /// <summary>Registers that it reads, a bit each.</summary>
    public int Reads => (Value?.Reads ?? 0) | IfDirty.Aggregate(0, (all, value) => all | value.Reads) | (Op == RaceOp.CompareAndSwap ? 1 << Register : 0);
    /// <summary>The register that it fills, as a bit.</summary>
    public int Fills => Op is RaceOp.Load or RaceOp.Swap or RaceOp.Clean && Register >= 0 ? 1 << Register : 0;
}
