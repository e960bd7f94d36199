namespace Workbench.Traces.Native;

/// <summary>One block of a .dmat file, as the index lists it.</summary>
/// <param name="FileOffset">First byte of the block's header in the file.</param>
/// <param name="StoredBytes">Header and payload together, in bytes.</param>
/// <param name="FirstEvent">Number of the block's first event in the trace, from 0.</param>
/// <param name="EventCount">Events in the block, 1 to 65,536.</param>
/// <param name="FirstTimeNs">Time of the first event.</param>
/// <param name="LastTimeNs">Time of the last event.</param>
public readonly record struct DmatBlock(long FileOffset, int StoredBytes, long FirstEvent, int EventCount, long FirstTimeNs, long LastTimeNs);
