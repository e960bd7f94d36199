using Workbench.Iommu.Dirty;

namespace Workbench.Replay.Iommufd;

/// <summary>A GET_DIRTY_BITMAP under way, in steps between which DMA goes on. Mappings cannot change meanwhile: the kernel holds the IOAS's lock.</summary>
public sealed class DirtyBitmapRead
{
    private readonly Hwpt hwpt;
    private readonly KernelQuirks quirks;
    private readonly IovaBitmap bitmap;
    private readonly DirtyWalk walk;

    internal DirtyBitmapRead(Hwpt hwpt, KernelQuirks quirks, bool clear, IovaBitmap bitmap, ulong first, ulong last)
    {
        (this.hwpt, this.quirks, this.bitmap) = (hwpt, quirks, bitmap);
        walk = new(hwpt, quirks, clear, bitmap);
        bool isRefused = !hwpt.Domain.TracksDirty && !(quirks.SmmuAlwaysTracks && hwpt.IsSmmu);
        if (isRefused) Phase = ReadPhase.Walked;
        else if (bitmap.WalksByWindow) BeginWindow();
        else walk.Begin(first, last);
    }

    /// <summary>How far it is.</summary>
    public ReadPhase Phase { get; private set; }
    /// <summary>What happened to the windows over the bitmap.</summary>
    public BitmapAccount Bitmap => bitmap.Account;
    /// <summary>Invalidations it took: one over the hull, or one for each run of leaves.</summary>
    public int Invalidations { get; private set; }
    /// <summary>Commands those took, waits included.</summary>
    public int Commands { get; private set; }

    /// <summary>Walks on until the budget is used up, a window over the bitmap ends, or the walk does.</summary>
    public void Advance(ref ScanBudget budget)
    {
        if (Phase != ReadPhase.Walking) throw new InvalidOperationException($"The walk is over (phase {Phase}); call Complete once after it.");
        if (!walk.Advance(ref budget)) return;
        if (walk.FoundHole || !bitmap.WalksByWindow || !bitmap.Advance() || bitmap.IsDone) Phase = ReadPhase.Walked;
        else BeginWindow();
    }

    /// <summary>Invalidates what was cleared and waits for it.</summary>
    public void Complete()
    {
        if (Phase != ReadPhase.Walked) throw new InvalidOperationException($"Only what is walked can be completed (phase {Phase}); call Advance until the walk is over.");
        if (!(quirks.SmmuClearWithoutTlbi && hwpt.IsSmmu))
        {
            Invalidations = walk.Cleared.Count;
            Commands = walk.Cleared.Invalidate(hwpt);
        }
        Phase = ReadPhase.Completed;
    }

    // A window without length still has one leaf looked at: the driver's loop asks afterwards.
    private void BeginWindow() => walk.Begin(bitmap.WindowFirst, unchecked(bitmap.WindowFirst + Math.Max(bitmap.WindowLength, 1) - 1));
}
