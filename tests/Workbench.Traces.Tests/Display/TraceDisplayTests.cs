using Workbench.Iommu;
using Workbench.Testing;
using Xunit;

namespace Workbench.Traces.Tests.Display;

public sealed class TraceDisplayTests
{
    private static readonly RequesterId Nic = RequesterId.Of(0, 1, 0);

    [Fact]
    public void A_provenance_shows_devices_memory_inferences_and_recordings() => Shown.IsApproved(new TraceProvenance
    {
        Title = "fio on a passed-through disk, <4 KiB> random writes", Tool = "workbench 0.1.0", HowMade = "workbench trace import guest.dat", TimeOrigin = "the first event",
        MigrationView = "gpa", RecordedIommu = "vtd", RecordedMode = "lazy", License = "CC0-1.0",
        GuestMemory = [new() { Start = 0, Length = 2UL << 30 }, new() { Start = 4UL << 30, Length = 1UL << 30 }],
        Devices = [new() { Id = "00:01.0", Name = "NVMe disk" }, new() { Id = "00:02.0", Name = "network card with a name that is so long that it needs more than one line in a console" }],
        Join = new() { OffsetNs = -1234567, DriftNs = 800, PairedUnmaps = 42, Method = "by unmaps", Accesses = 1000, InsideLiveMapping = 998 },
        Inferences = [new() { What = "direction of a doorbell write, from the device's name", Count = 1234 }],
        Notes = ["The clock of the host was used."],
        Sources = [new() { Name = "guest.dat.xz", Kind = "trace-cmd", Bytes = 123_456_789, Sha256 = new string('a', 64), Clock = "mono", Events = 1_000_000 }, new() { Name = "qemu.log", Kind = "qemu-log", Bytes = 5, Events = 1 }],
    }, "Workbench.Traces.Tests", "provenance");

    [Fact]
    public void An_empty_or_extreme_provenance_is_shown()
    {
        Assert.StartsWith("Trace: without a title\n", Shown.Text(new TraceProvenance()), StringComparison.Ordinal);
        TraceProvenance many = new()
        {
            GuestMemory = [.. Enumerable.Repeat(new TraceMemoryRange { Start = ulong.MaxValue, Length = ulong.MaxValue }, 500), new()],
            Sources = [.. Enumerable.Repeat(new TraceSource { Bytes = long.MinValue, Sha256 = new string('f', 64), Name = new string('n', 200) }, 500)],
        };
        foreach (TraceProvenance value in (TraceProvenance[])[new(), many])
        {
            Shown.Html(value);
            Shown.Text(value);
        }
    }

    [Fact]
    public void Each_kind_of_event_is_one_line()
    {
        (TraceEvent Event, string Line)[] lines =
        [
            (TraceEvent.Map(1_500_000_000, Nic, 0x1000, 0x2000, 0x9000, Permission.ReadWrite), "1.500000 s 00:01.0: map 0x1000-0x2fff (8.0 KiB) to 0x9000, RW"),
            (TraceEvent.Unmap(1000, Nic, 0x1000, 0x1000, EventFlags.Inferred), "0.000001 s 00:01.0: unmap 0x1000-0x1fff (4.0 KiB); inferred"),
            (TraceEvent.Read(0, Nic, 0x1000, 64, EventFlags.Ring | EventFlags.LengthInferred), "0.000000 s 00:01.0: read 0x1000-0x103f (64 B); ring, length inferred"),
            (TraceEvent.Write(0, Nic, 0xfee0_0000, 4, EventFlags.Interrupt | EventFlags.DirectionInferred, pasid: 9), "0.000000 s 00:01.0 PASID 9: write 0xfee00000-0xfee00003 (4 B); interrupt, direction inferred"),
            (TraceEvent.InvalidateRange(0, new(3), 0x1000, 0x1000), "0.000000 s domain 3: invalidate 0x1000-0x1fff (4.0 KiB)"),
            (TraceEvent.InvalidateDomain(0, new(3)), "0.000000 s domain 3: invalidate all"),
            (TraceEvent.InvalidateAll(0), "0.000000 s every domain: invalidate all"),
            (TraceEvent.Mark(0, 2), "0.000000 s mark, text 2"),
            (TraceEvent.Attach(0, Nic, new(3)), "0.000000 s 00:01.0: attach to domain 3"),
            (TraceEvent.Translate(0, Nic, 0x1000, 4096, 0x9000, Permission.Read, hit: true), "0.000000 s 00:01.0: recorder translated 0x1000 to 0x9000, page of 4.0 KiB, R, hit"),
            (default, "0.000000 s no event (kind 0)"),
        ];
        Assert.Equal(Enum.GetValues<EventKind>().Order(), lines.Select(l => l.Event.Kind).Where(k => k != 0).Order());
        foreach ((TraceEvent traced, string line) in lines)
        {
            Assert.Equal(line, Shown.Text(traced).Replace("\n", " ", StringComparison.Ordinal));
            Shown.Html(traced);
        }
        Shown.Text(TraceEvent.Write(long.MaxValue, Nic, ulong.MaxValue, ulong.MaxValue));
    }
}
