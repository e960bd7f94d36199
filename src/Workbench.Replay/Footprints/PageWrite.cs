namespace Workbench.Replay.Footprints;

/// <summary>Consecutive 4 KiB pages that one write touched.</summary>
/// <param name="TimeNs">Trace time, ns.</param>
/// <param name="Space">Number of the address space, from 0 in order of appearance; 0 for all in the gpa view.</param>
/// <param name="FirstPage">Number of the first page.</param>
/// <param name="LastPage">Number of the last page.</param>
public readonly record struct PageWrite(long TimeNs, int Space, ulong FirstPage, ulong LastPage);
