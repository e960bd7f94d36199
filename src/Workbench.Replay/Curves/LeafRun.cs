namespace Workbench.Replay.Curves;

/// <summary>Leaves of 2^<paramref name="LeafLog2"/> bytes from one byte to another, side by side.</summary>
internal readonly record struct LeafRun(ulong First, ulong Last, int LeafLog2);
