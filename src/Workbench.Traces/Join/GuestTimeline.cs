using System.Globalization;
using Workbench.Iommu;
using Workbench.Traces.Guest;

namespace Workbench.Traces.Join;

/// <summary>
/// The guest side of a join, held in memory (88 bytes for each map or unmap; the QEMU side streams). iommu:map and unmap name neither
/// device nor permission: both come from the dma event of the same task and CPU that follows.
/// </summary>
internal sealed class GuestTimeline
{
    private readonly Dictionary<(int Thread, int Cpu), List<int>> waiting = [];

    public List<GuestStep> Steps { get; } = [];
    public List<(long GuestNs, string Text, long Line)> Marks { get; } = [];
    public HashSet<RequesterId> Devices { get; } = [];
    public long Events { get; private set; }
    /// <summary>Maps that no dma event named a device for.</summary>
    public long UnclaimedMaps { get; private set; }
    public long BadLines { get; private set; }

    /// <summary>Reads a whole guest trace; with <paramref name="skipBad"/> events whose time goes back are counted and passed over.</summary>
    public static GuestTimeline Read(IGuestEventReader reader, string name, bool skipBad)
    {
        GuestTimeline timeline = new();
        GuestOrder order = new(name, skipBad);
        while (reader.TryRead(out GuestEvent e))
            if (order.Accepts(e)) timeline.Add(e);
        timeline.BadLines = reader.BadLines + order.BadEvents;
        return timeline;
    }

    private void Add(in GuestEvent e)
    {
        Events++;
        switch (e.Kind)
        {
            case GuestEventKind.Map or GuestEventKind.Unmap:
                if (e.Length == 0) return;
                if (!waiting.TryGetValue((e.ThreadId, e.Cpu), out List<int>? list)) waiting[(e.ThreadId, e.Cpu)] = list = [];
                list.Add(Steps.Count);
                Steps.Add(new()
                {
                    GuestNs = e.TimeNs, Iova = e.Iova, Length = e.Length, Physical = e.Physical, Line = e.Line,
                    ThreadId = e.ThreadId, Cpu = e.Cpu, IsMap = e.Kind == GuestEventKind.Map,
                });
                break;
            case GuestEventKind.DmaMap or GuestEventKind.DmaUnmap or GuestEventKind.DmaUnmapScatter when e.Device is { } device:
                Devices.Add(device);
                if (waiting.Remove((e.ThreadId, e.Cpu), out List<int>? steps)) Claim(steps, device, e.Direction);
                break;
            case GuestEventKind.Attach when e.Device is { } device:
                Devices.Add(device);
                break;
            case GuestEventKind.Mark:
                Marks.Add((e.TimeNs, e.Text ?? "", e.Line));
                break;
        }
    }

    private void Claim(List<int> steps, RequesterId device, DmaDirection direction)
    {
        foreach (int i in steps)
        {
            GuestStep step = Steps[i];
            (step.Device, step.HasDevice, step.Direction) = (device, true, direction);
            Steps[i] = step;
        }
    }

    /// <summary>Gives the steps no dma event claimed to the only translated device, or to the device their neighbour belongs to.</summary>
    public long AssignRest(IReadOnlyCollection<RequesterId> translated)
    {
        long guessed = 0;
        UnclaimedMaps = Steps.LongCount(s => s.IsMap && !s.HasDevice);
        RequesterId? only = translated.Count == 1 ? translated.First() : null;
        RequesterId last = only ?? (Devices.Count > 0 ? Devices.Min() : default);
        for (int i = 0; i < Steps.Count; i++)
        {
            GuestStep step = Steps[i];
            if (only is { } device) (step.Device, step.HasDevice) = (device, true);
            else if (!step.HasDevice)
            {
                guessed++;
                (step.Device, step.HasDevice) = (last, true);
            }
            last = step.Device;
            Steps[i] = step;
        }
        return guessed;
    }

    /// <summary>The recorder writes "REC mark N before/after": the two times bracket the moment the host saw the mark.</summary>
    public SortedDictionary<int, (long Before, long After)> BracketedMarks()
    {
        SortedDictionary<int, (long Before, long After)> found = [];
        foreach ((long ns, string text, _) in Marks)
        {
            string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is not ["REC", "mark", var number, ..] || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int mark)) continue;
            bool before = words.Length > 3 && words[3] == "before";
            if (before) found.TryAdd(mark, (ns, ns));
            else if (found.TryGetValue(mark, out (long Before, long After) pair) && pair.After == pair.Before) found[mark] = (pair.Before, ns);
        }
        return found;
    }
}
