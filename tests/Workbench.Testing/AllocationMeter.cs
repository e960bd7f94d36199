namespace Workbench.Testing;

/// <summary>What the current thread allocates from now on, in bytes: exactly, whatever other threads do.</summary>
/// <remarks>
/// The runtime counts what it has lent to a thread less what is left of it, and a collection that another thread causes can change that by up to
/// 8 KiB although the thread allocated nothing. After a collection nothing is left, and a thread that allocates nothing borrows nothing.
/// </remarks>
public readonly struct AllocationMeter
{
    private readonly long atStart;

    private AllocationMeter(long atStart) => this.atStart = atStart;

    public long Bytes => GC.GetAllocatedBytesForCurrentThread() - atStart;

    public static AllocationMeter Start()
    {
        GC.Collect(0);
        return new(GC.GetAllocatedBytesForCurrentThread());
    }
}
