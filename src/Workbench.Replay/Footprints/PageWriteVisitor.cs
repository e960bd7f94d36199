namespace Workbench.Replay.Footprints;

/// <summary>Takes writes in order, some at a time; they are good until it returns.</summary>
public delegate void PageWriteVisitor(ReadOnlySpan<PageWrite> writes);
