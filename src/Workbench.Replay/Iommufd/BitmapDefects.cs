namespace Workbench.Replay.Iommufd;

/// <summary>What was wrong with the kernel's windows over a user's bitmap (iova_bitmap), defect by defect; each is named by the commit that mended it.</summary>
[Flags]
public enum BitmapDefects
{
    /// <summary>Nothing: windows are pinned where the walk reports, as since 6.11.</summary>
    None = 0,
    /// <summary>The range is walked window by window, and a leaf over an edge is set ahead; before 6.11 (53e6b656 and the series before it).</summary>
    WalksByWindow = 1,
    /// <summary>Bits past the pinned pages are written all the same; before 6.8 (a4ab7dedaee0). Needs <see cref="WalksByWindow"/>.</summary>
    UncheckedPages = 2,
    /// <summary>Positions are counted in words of 64 bits, and a window's last bytes are forgotten when its start is not aligned to 8; before 6.8 (d18411ec3057).</summary>
    WordIndex = 4,
    /// <summary>What a leaf has beyond its window is forgotten; before 6.8 (2780025e01e2). Needs <see cref="WalksByWindow"/>.</summary>
    NoSetAhead = 8,
    /// <summary>The start's offset in its page is not counted when pages are pinned, so the last one is missing; before 6.8 (4bbcbc6ea2fa).</summary>
    IgnoredOffset = 16,
    /// <summary>Pages are pinned past the end when a leaf was set ahead to the end; before 6.11 (792583656f55). Needs <see cref="WalksByWindow"/>.</summary>
    UncheckedEnd = 32,
    /// <summary>The page size is computed in 32 bits, so it is wrong from 2^31 on; until January 2025 (e24c15510592). The shift count wraps at 32, as on x86 [I].</summary>
    NarrowShift = 64,
    /// <summary>A leaf is recorded from its head, even if that lies before the range; only the kernel's own mock did so, before 6.8 (dceb5304).</summary>
    RecordsLeafHead = 128,
}
