using Workbench.Iommu.Memory;
using Xunit;

namespace Workbench.Iommu.Tests.Memory;

public sealed class PhysicalMemoryTests
{
    private const int FramesPerChunk = 512;

    [Fact]
    public void Frames_are_zero_aligned_and_apart()
    {
        using PhysicalMemory memory = new();
        HashSet<ulong> seen = [];
        for (int i = 0; i < FramesPerChunk + 3; i++)
        {
            Spa frame = memory.AllocateFrame();
            Assert.True(seen.Add(frame.Value));
            Assert.Equal(0UL, frame.Value % 4096);
            Assert.Equal(0UL, memory.Word(frame) | memory.Word(new(frame.Value + 4088)));
            memory.Word(frame) = memory.Word(new(frame.Value + 4088)) = ulong.MaxValue;
        }
        Assert.Equal(FramesPerChunk + 3, memory.FramesInUse);
    }

    [Fact]
    public void A_frame_that_was_used_before_is_zero_again()
    {
        using PhysicalMemory memory = new();
        Spa frame = memory.AllocateFrame();
        memory.Word(new(frame.Value + 8)) = 77;
        memory.FreeFrame(frame);
        Assert.Equal(0, memory.FramesInUse);
        Assert.Equal(frame, memory.AllocateFrame());
        Assert.Equal(0UL, memory.Word(new(frame.Value + 8)));
    }

    [Fact]
    public void Only_aligned_words_that_were_handed_out_are_there()
    {
        using PhysicalMemory memory = new();
        Assert.False(memory.Contains(new(PhysicalMemory.Base)));
        memory.AllocateFrame();
        Assert.True(memory.Contains(new(PhysicalMemory.Base)));
        Assert.False(memory.Contains(new(PhysicalMemory.Base + 4)));
        Assert.False(memory.Contains(new(PhysicalMemory.Base - 8)));
        Assert.False(memory.Contains(new(0)));
        Assert.False(memory.Contains(new(ulong.MaxValue - 7)));
    }

    [Fact]
    public void Contiguous_frames_do_not_straddle_a_chunk_and_lose_no_frame()
    {
        using PhysicalMemory memory = new(4UL << 20);
        memory.AllocateFrame();
        Spa directory = memory.AllocateContiguous(FramesPerChunk);
        Assert.Equal(PhysicalMemory.Base + (2UL << 20), directory.Value);
        for (int i = 0; i < FramesPerChunk - 1; i++) Assert.True(memory.AllocateFrame().Value < directory.Value);
        Assert.Equal(2 * FramesPerChunk, memory.FramesInUse);
    }

    [Fact]
    public void A_full_memory_says_what_to_do_and_counts_no_frame_it_did_not_give()
    {
        using PhysicalMemory memory = new(2UL << 20);
        for (int i = 0; i < FramesPerChunk; i++) memory.AllocateFrame();
        Assert.Contains("full (2097152 bytes)", Assert.Throws<InsufficientMemoryException>(() => memory.AllocateFrame()).Message, StringComparison.Ordinal);
        Assert.Equal(FramesPerChunk, memory.FramesInUse);
    }

    [Fact]
    public void A_disposed_memory_gives_nothing()
    {
        PhysicalMemory memory = new();
        Spa frame = memory.AllocateFrame();
        memory.Dispose();
        memory.Dispose();
        Assert.False(memory.Contains(frame));
        Assert.Throws<ObjectDisposedException>(() => memory.AllocateFrame());
    }
}
