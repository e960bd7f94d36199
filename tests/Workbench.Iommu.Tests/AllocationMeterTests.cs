using Workbench.Testing;
using Xunit;

namespace Workbench.Iommu.Tests;

/// <summary>Every test that says "allocates nothing" rests on this meter.</summary>
public sealed class AllocationMeterTests
{
    [Fact]
    public void What_another_thread_collects_does_not_count()
    {
        const int Rounds = 40, CollectionsEach = 3;
        using CancellationTokenSource enough = new();
        Thread other = new(AllocateLargeObjects) { IsBackground = true };
        other.Start(enough.Token);
        long[] bytes = new long[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            // A thread that has just allocated holds memory that it has not used yet: this is what a collection gets wrong.
            GC.KeepAlive(new byte[100 * round]);
            AllocationMeter meter = AllocationMeter.Start();
            int collections = GC.CollectionCount(2) + CollectionsEach;
            while (GC.CollectionCount(2) < collections) Thread.SpinWait(1000);
            bytes[round] = meter.Bytes;
        }
        enough.Cancel();
        other.Join();
        Assert.All(bytes, b => Assert.Equal(0, b));

        static void AllocateLargeObjects(object? token)
        {
            byte[][] kept = new byte[64][];
            for (int i = 0; !((CancellationToken)token!).IsCancellationRequested; i++) kept[i % kept.Length] = new byte[100_000];
        }
    }

    [Fact]
    public void An_object_counts_with_its_header()
    {
        AllocationMeter meter = AllocationMeter.Start();
        GC.KeepAlive(new byte[1000]);
        Assert.Equal(1000 + 24, meter.Bytes);
    }
}
