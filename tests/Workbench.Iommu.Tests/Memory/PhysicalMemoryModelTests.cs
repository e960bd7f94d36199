using CsCheck;
using Workbench.Iommu.Memory;
using Xunit;

namespace Workbench.Iommu.Tests.Memory;

/// <summary>Blocks of every size, taken and given back in any order, are a set of disjoint intervals.</summary>
public sealed class PhysicalMemoryModelTests
{
    // A number says which of the blocks held is given back; none, and the size is that of a block to take.
    private static readonly Gen<(int SizeLog2, int? Free, bool Contiguous)[]> Steps = Gen.Select(
        Gen.OneOf(Gen.Int[12, 21], Gen.Int[12, 16], Gen.Const(12)), Gen.OneOf(Gen.Const((int?)null), Gen.Int[0, 1000].Select(n => (int?)n)), Gen.Frequency((9, Gen.Const(false)), (1, Gen.Const(true)))).Array[1, 200];

    [Fact]
    public void Blocks_are_zero_aligned_and_apart() => Steps.Sample(steps =>
    {
        using PhysicalMemory memory = new(1UL << 30);
        List<(ulong Start, int SizeLog2)> held = [];
        int frames = 0;
        foreach ((int size, int? free, bool contiguous) in steps)
        {
            if (free is { } number && held.Count > 0)
            {
                (ulong start, int log2) = held[number % held.Count];
                held.RemoveAt(number % held.Count);
                memory.Free(new(start), log2);
                frames -= 1 << (log2 - 12);
            }
            else
            {
                // Contiguous frames are not aligned to their size and never given back, so they are only counted and written over.
                ulong start = contiguous ? memory.AllocateContiguous(1 << (size - 12)).Value : memory.Allocate(size).Value;
                ulong last = start + Bits.Mask(size);
                Assert.Equal(0UL, start & (contiguous ? 0xFFF : Bits.Mask(size)));
                Assert.DoesNotContain(held, other => other.Start <= last && other.Start + Bits.Mask(other.SizeLog2) >= start);
                AssertZeroThenFill(memory, start, size);
                frames += 1 << (size - 12);
                if (contiguous) Filled(memory, start, size);
                else held.Add((start, size));
            }
            Assert.Equal(frames, memory.FramesInUse);
        }
        // Nobody wrote into anybody else's block.
        foreach ((ulong start, int size) in held) Filled(memory, start, size);
        foreach ((ulong start, int size) in held) memory.Free(new(start), size);
        Assert.Equal(frames - held.Sum(block => 1 << (block.SizeLog2 - 12)), memory.FramesInUse);
    }, iter: 60);

    /// <summary>Words to look at: all of a frame's corner words.</summary>
    private static IEnumerable<ulong> Places(ulong start, int size)
    {
        for (ulong frame = start; frame < start + (1UL << size); frame += 4096)
        {
            yield return frame;
            yield return frame + 2048;
            yield return frame + 4088;
        }
    }

    private static void AssertZeroThenFill(PhysicalMemory memory, ulong start, int size)
    {
        foreach (ulong at in Places(start, size))
        {
            ref ulong word = ref memory.Word(new(at));
            if (word != 0) Assert.Fail($"Word 0x{at:x} of a new block of 2^{size} bytes at 0x{start:x} is 0x{word:x}.");
            word = start + 1;
        }
    }

    private static void Filled(PhysicalMemory memory, ulong start, int size)
    {
        foreach (ulong at in Places(start, size))
            if (memory.Word(new(at)) != start + 1) Assert.Fail($"Word 0x{at:x} of the block at 0x{start:x} was changed.");
    }

    [Theory]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(16)]
    [InlineData(20)]
    [InlineData(21)]
    public void A_block_given_back_is_taken_again_and_zero(int size)
    {
        using PhysicalMemory memory = new();
        ulong first = memory.Allocate(size).Value, second = memory.Allocate(size).Value;
        foreach (ulong block in new[] { first, second }) AssertZeroThenFill(memory, block, size);
        memory.Free(new(first), size);
        Assert.Equal(first, memory.Allocate(size).Value);
        AssertZeroThenFill(memory, first, size);
        Filled(memory, second, size);
    }

    // What aligning skips is not lost: the frames between come back as single ones.
    [Fact]
    public void Aligning_loses_no_frame()
    {
        using PhysicalMemory memory = new(2UL << 20);
        memory.AllocateFrame();
        ulong block = memory.Allocate(20).Value;
        Assert.Equal(PhysicalMemory.Base + (1UL << 20), block);
        for (int i = 0; i < 255; i++) Assert.True(memory.AllocateFrame().Value < block);
        Assert.Equal(512, memory.FramesInUse);
        Assert.Throws<InsufficientMemoryException>(() => memory.AllocateFrame());
    }

    [Theory]
    [InlineData(11)]
    [InlineData(22)]
    [InlineData(0)]
    [InlineData(64)]
    public void Other_sizes_are_refused(int size)
    {
        using PhysicalMemory memory = new();
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.Allocate(size));
        Assert.Equal(0, memory.FramesInUse);
    }

    [Fact]
    public void A_block_that_does_not_fit_any_more_is_refused_and_not_counted()
    {
        using PhysicalMemory memory = new(2UL << 20);
        memory.AllocateFrame();
        Assert.Throws<InsufficientMemoryException>(() => memory.Allocate(21));
        Assert.Equal(1, memory.FramesInUse);
        // The frames that the attempt skipped are there for smaller blocks.
        for (int i = 0; i < 511; i++) memory.AllocateFrame();
        Assert.Equal(512, memory.FramesInUse);
    }
}
