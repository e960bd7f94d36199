using Workbench.Iommu.Amd;
using Xunit;

namespace Workbench.Iommu.Tests.Amd;

/// <summary>The command buffer: order, completion, and commands that stop it. hardware.md §1.7; README of Amd for what is inferred.</summary>
public sealed class AmdCommandBufferTests
{
    private const ulong Page = 0x5000;

    private static bool IsCached(AmdMachine m) => m.Read(Page).Source == TranslationSource.Iotlb;

    private static AmdMachine Cached()
    {
        AmdMachine m = new();
        m.Map(Page, 0x9000);
        m.Read(Page);
        return m;
    }

    [Fact]
    public void A_completion_wait_stores_its_data_after_the_commands_before_it()
    {
        using AmdMachine m = Cached();
        Spa word = m.Memory.AllocateFrame();
        m.Submit(AmdCommand.InvalidateDomain(m.Domain.Id), AmdCommand.CompletionWaitWithStore(word, 0xFEDC_BA98_7654_3210));
        Assert.Equal(0xFEDC_BA98_7654_3210UL, m.Memory.Word(word));
        Assert.False(IsCached(m));
    }

    [Fact]
    public void A_completion_wait_without_store_writes_nothing_and_may_interrupt()
    {
        using AmdMachine m = Cached();
        Spa word = m.Memory.AllocateFrame();
        m.Unit.WriteCommandTail(m.Enqueue(AmdCommand.CompletionWaitWithStore(word, 1, interrupt: false)));
        Assert.False(m.Unit.CompletionInterruptIsPending);
        m.Unit.WriteCommandTail(m.Enqueue(new AmdCommand(AmdCommand.CompletionWaitWithInterrupt().Word0 | word.Value, 5)));
        Assert.Equal((true, 1UL), (m.Unit.CompletionInterruptIsPending, m.Memory.Word(word)));
        Assert.True(IsCached(m)); // a wait drops nothing
    }

    [Fact]
    public void A_store_to_nowhere_stops_the_buffer_with_a_hardware_error()
    {
        using AmdMachine m = Cached();
        int head = m.Unit.CommandHead;
        m.Unit.WriteCommandTail(m.Enqueue(AmdCommand.CompletionWaitWithStore(new(0x1000), 1), AmdCommand.InvalidateDomain(m.Domain.Id)));
        Assert.Equal((true, head, true), (m.Unit.HasCommandHardwareError, m.Unit.CommandHead, IsCached(m)));
        AmdEvent logged = m.TakeEvent();
        Assert.Equal((0x6000_0000_0000_0000UL, m.Unit.CommandBase.Value + ((ulong)head * 16)), (logged.Word0, logged.Word1));
    }

    [Fact]
    public void A_buffer_outside_memory_stops_with_a_hardware_error()
    {
        using AmdMachine m = Cached();
        m.Unit.SetCommandBuffer(new(0x7000), 256);
        m.Unit.WriteCommandTail(2);
        Assert.Equal((true, 0), (m.Unit.HasCommandHardwareError, m.Unit.CommandHead));
        Assert.Equal(new AmdEvent(0x6000_0000_0000_0000, 0x7000), m.TakeEvent());
    }

    // Each is refused: event 5 names the command's address, nothing after it runs.
    public static TheoryData<ulong, ulong, AmdCommandError> Illegal => new()
    {
        { 0, 0, AmdCommandError.UnknownOpcode },
        { 0xB000_0000_0000_0000, 0, AmdCommandError.UnknownOpcode },
        { 0x6000_0000_0000_0000, 0, AmdCommandError.UnsupportedOpcode },
        { 0x2000_0000_0001_0008, 0, AmdCommandError.ReservedBits },
        { 0x3000_0007_0000_0000, 0x8, AmdCommandError.ReservedBits },
        { 0x3000_0007_0000_0000, 0x4, AmdCommandError.GuestTranslationNotSupported },
        { 0x3000_0007_0000_0000, 0xFFFF_FFFF_FFFF_F001, AmdCommandError.ReservedSizeCode },
        { 0x7000_0000_0000_0008, 0, AmdCommandError.PageRequestsNotSupported },
    };

    [Theory]
    [MemberData(nameof(Illegal))]
    public void An_illegal_command_stops_the_buffer_and_is_logged(ulong word0, ulong word1, AmdCommandError error)
    {
        using AmdMachine m = Cached();
        int head = m.Unit.CommandHead;
        int tail = m.Enqueue(AmdCommand.InvalidateInterruptTable(AmdMachine.Nic), new(word0, word1), AmdCommand.InvalidateDomain(m.Domain.Id));
        m.Unit.WriteCommandTail(tail);
        Assert.Equal((error, head + 1, true), (m.Unit.CommandError, m.Unit.CommandHead, IsCached(m)));
        AmdEvent logged = m.TakeEvent();
        Assert.Equal((0x5000_0000_0000_0000UL, m.Unit.CommandBase.Value + ((ulong)(head + 1) * 16)), (logged.Word0, logged.Word1));
        m.Unit.WriteCommandTail(tail); // a stopped buffer stays stopped, and is not logged twice
        Assert.Equal((head + 1, true, false), (m.Unit.CommandHead, IsCached(m), m.Unit.TryTakeEvent(out _)));
        m.Unit.SetCommandBuffer(m.Unit.CommandBase, m.Unit.CommandLength);
        m.Unit.WriteCommandTail(m.Enqueue(AmdCommand.InvalidateDomain(m.Domain.Id)));
        Assert.Equal((AmdCommandError.None, false), (m.Unit.CommandError, IsCached(m)));
    }

    [Fact]
    public void The_driver_says_so_when_the_buffer_has_stopped()
    {
        using AmdMachine m = new();
        m.Unit.WriteCommandTail(m.Enqueue(new AmdCommand(0, 0)));
        Assert.Throws<System.Diagnostics.UnreachableException>(() => m.Driver.InvalidateAll());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(512)]
    public void A_tail_outside_the_buffer_is_refused(int tail)
    {
        using AmdMachine m = new();
        Assert.Throws<ArgumentOutOfRangeException>(() => m.Unit.WriteCommandTail(tail));
    }

    [Fact]
    public void The_buffer_goes_round()
    {
        using AmdMachine m = Cached();
        for (int i = 0; i < 600; i++) Assert.Equal(2, m.Driver.InvalidateDomain(m.Domain));
        m.Read(Page);
        Assert.True(IsCached(m));
        m.Driver.InvalidateDomain(m.Domain);
        Assert.False(IsCached(m));
    }

    // More commands than the buffer holds: hardware begins before it is full.
    [Fact]
    public void More_commands_than_fit_are_executed_in_parts()
    {
        using AmdMachine m = new(AmdMachine.Host with { Profile = new() { Name = "each", Shape = Invalidation.InvalidationShape.PerLeaf } });
        m.Map(0, 0x9000, 0x1000);
        m.Map(0x70_0000, 0xA000, 0x1000);
        m.Read(0);
        m.Read(0x70_0000);
        Assert.Equal(0x701 + 1, m.Driver.InvalidateRange(m.Domain, 0, 0x70_0FFF, leafOnly: true));
        Assert.Equal((TranslationSource.Walk, TranslationSource.Walk), (m.Read(0).Source, m.Read(0x70_0000).Source));
    }
}
