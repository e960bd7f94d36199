using Workbench.Iommu;
using Workbench.Replay.Footprints;
using Workbench.Testing;
using Workbench.Traces;
using Xunit;

namespace Workbench.Replay.Tests.Footprints;

public sealed class WritePassTests
{
    private const ulong Page = 4096, Mapped = 64;

    private static TraceBuilder Begin() => new TraceBuilder().Attach(1).Map(0, Mapped * Page, physical: 0);

    [Fact]
    public void Writes_of_what_is_not_mapped_or_may_not_be_written_do_not_count()
    {
        TraceBuilder trace = Begin().Map(0x100_000, Page, physical: 0x100_100_000, permission: Permission.Read)
            .Write(0).Write(0x100_000).Write(0x200_000).Write((Mapped * Page) - 64, 128).Unmap(0, Page).Write(64).Write(Page, 64, EventFlags.Interrupt);
        Assert.Equal([0, Mapped - 1, 1], Pages(trace, View.Iova));
        // Guest memory may be written whatever the mapping allows; an interrupt goes to no memory.
        Assert.Equal([0, 0x100_100, Mapped - 1], Pages(trace, View.Gpa));
    }

    [Fact]
    public void A_page_that_was_written_is_not_remembered_beyond_its_mapping()
    {
        TraceBuilder trace = Begin().Write(Page).Write(Page).Map(Page, Page, physical: 9 * Page).Write(Page).Map(0, 1024 * Page, physical: 1024 * Page).Write(Page).Unmap(0, 4096 * Page).Write(Page);
        Assert.Equal([1, 1, 9, 1025], Pages(trace, View.Gpa));
        Assert.Equal([1, 1, 1, 1], Pages(trace, View.Iova));
    }

    [Fact]
    public void Requesters_write_through_mappings_of_their_own()
    {
        RequesterId first = RequesterId.Of(0, 1, 0), second = RequesterId.Of(0, 2, 0);
        TraceBuilder trace = new TraceBuilder().By(first).Attach(1).Map(0, Page, physical: 0).Write(0)
            .By(second).Write(0).Attach(1).Write(0).By(first, 7).Write(0).Map(0, Page, physical: Page).Write(0).By(first, 0).Write(0);
        List<(int Space, ulong Page)> iova = [];
        WritePass.Run(trace.Build(), View.Iova, writes => iova.AddRange(writes.ToArray().Select(w => (w.Space, w.FirstPage))), cancellation: TestContext.Current.CancellationToken);
        // The second device writes in the first one's domain once attached; PASID 7 has a space of its own, PASID 0 the device's.
        Assert.Equal([0, 0, 2, 0], iova.Select(w => w.Space));
        Assert.Equal([0, 1, 0], Pages(trace, View.Gpa));
    }

    [Fact]
    public void The_view_of_a_migration_is_the_traces()
    {
        Assert.Equal(View.Iova, WritePass.ViewOf(new() { MigrationView = "iova" }, View.Migration));
        Assert.Equal(View.Gpa, WritePass.ViewOf(new(), View.Migration));
        Assert.Equal(View.Gpa, WritePass.ViewOf(new() { MigrationView = "iova" }, View.Gpa));
        Assert.Contains("ViewOf", Assert.Throws<ArgumentException>(() => new WritePass(View.Migration, static _ => { })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Events_that_go_back_in_time_are_refused()
    {
        foreach (int atOnce in (int[])[1, 9])
            Assert.Contains("at 5 ns follows a later", Assert.Throws<TraceFormatException>(() => Pages(Begin().At(6).Write(0).At(5).Write(0), View.Iova, atOnce)).Message, StringComparison.Ordinal);
    }

    private static List<ulong> Pages(TraceBuilder trace, View view, int atOnce = int.MaxValue)
    {
        List<ulong> pages = [];
        WritePass.Run(trace.Build(atOnce), view, writes =>
        {
            foreach (PageWrite write in writes) pages.Add(write.FirstPage);
        }, cancellation: TestContext.Current.CancellationToken);
        return pages;
    }
}
