using Workbench.Iommu;
using Workbench.Traces.Guest;

namespace Workbench.Traces.Importers;

/// <summary>
/// A guest trace without a device side: exact maps and unmaps, no accesses. On request each unmap is taken as one access of the whole
/// mapping in the direction the DMA API allowed, at the latest moment it can have happened; such events are flagged.
/// </summary>
internal static class GuestImport
{
    public static ImportReport Run(ImportOptions options, InputFile file, DmatSink sink)
    {
        Importer importer = new(options.InferAccesses, sink);
        long events = 0, bad;
        long? origin = null;
        using (Stream stream = file.OpenSeekable())
        using (IGuestEventReader reader = GuestEventReaders.Open(stream, file.Name, options.SkipBad))
        {
            GuestOrder order = new(file.Name, options.SkipBad);
            while (reader.TryRead(out GuestEvent e))
            {
                if (!order.Accepts(e)) continue;
                origin ??= e.TimeNs;
                importer.Add(e with { TimeNs = e.TimeNs - origin.Value });
                events++;
            }
            bad = reader.BadLines + order.BadEvents;
        }
        importer.Finish();
        if (importer.Maps == 0) throw new TraceFormatException($"{file.Name}: not one iommu:map event among {events}. Record with the events iommu:map, iommu:unmap and dma:* switched on.");
        List<TraceInference> inferences = [];
        if (importer.Accesses > 0) inferences.Add(new() { What = "accesses taken from unmaps: direction and extent as the DMA API allowed, time as late as possible", Count = importer.Accesses });
        if (importer.UnknownDevice > 0) inferences.Add(new() { What = "maps and unmaps that no dma event named a device for", Count = importer.UnknownDevice });
        return new()
        {
            BadLines = bad,
            Provenance = new()
            {
                Title = options.Title, Tool = options.Tool, HowMade = options.HowMade,
                Sources = [TraceImport.Source(file, "guest-trace", "guest clock", events)],
                TimeOrigin = $"first event of {file.Name}, {origin} ns of its clock",
                MigrationView = options.MigrationView ?? "gpa", GuestMemory = options.GuestMemory,
                Devices = [.. importer.Devices.Select(d => new TraceDevice { Id = d.ToString() })],
                Inferences = inferences, License = options.License,
            },
        };
    }

    /// <summary>Events wait until the dma event that names their device has come; a task names it at once, so the queue stays short.</summary>
    private sealed class Importer(bool inferAccesses, DmatSink sink)
    {
        private const int MostWaiting = 4096;

        private readonly Queue<Pending> queue = new();
        private readonly Dictionary<(int Thread, int Cpu), List<Pending>> waiting = [];
        private readonly Dictionary<RequesterId, DomainId> domains = [];
        private readonly Join.LiveMappings<DirectionOf> directions = new();

        private sealed class Pending
        {
            public required GuestEvent Event { get; init; }
            public RequesterId? Device { get; set; }
            public DmaDirection Direction { get; set; }
            public bool Settled { get; set; }
        }

        private readonly record struct DirectionOf(DmaDirection Direction);

        public long Maps { get; private set; }
        public long Accesses { get; private set; }
        public long UnknownDevice { get; private set; }
        public SortedSet<RequesterId> Devices { get; } = [];

        public void Add(in GuestEvent e)
        {
            switch (e.Kind)
            {
                case GuestEventKind.Map or GuestEventKind.Unmap when e.Length > 0:
                    Pending pending = new() { Event = e };
                    queue.Enqueue(pending);
                    if (!waiting.TryGetValue((e.ThreadId, e.Cpu), out List<Pending>? list)) waiting[(e.ThreadId, e.Cpu)] = list = [];
                    list.Add(pending);
                    if (queue.Count > MostWaiting) queue.Peek().Settled = true;
                    break;
                case GuestEventKind.DmaMap or GuestEventKind.DmaUnmap or GuestEventKind.DmaUnmapScatter when e.Device is { } device:
                    if (!waiting.Remove((e.ThreadId, e.Cpu), out List<Pending>? steps)) break;
                    foreach (Pending step in steps) (step.Device, step.Direction, step.Settled) = (device, e.Direction, true);
                    break;
                case GuestEventKind.Mark:
                    queue.Enqueue(new() { Event = e, Settled = true });
                    break;
            }
            while (queue.TryPeek(out Pending? first) && first.Settled) Emit(queue.Dequeue());
        }

        public void Finish()
        {
            while (queue.TryDequeue(out Pending? rest)) Emit(rest);
        }

        private void Emit(Pending pending)
        {
            GuestEvent e = pending.Event;
            if (e.Kind == GuestEventKind.Mark)
            {
                sink.Append(TraceEvent.Mark(e.TimeNs, (ulong)sink.AddText(e.Text ?? "")), e.Line);
                return;
            }
            if (pending.Device is null) UnknownDevice++;
            RequesterId device = pending.Device ?? default;
            if (!domains.ContainsKey(device))
            {
                // The trace names no domain: each device gets one of its own.
                domains[device] = new((ushort)(domains.Count + 1));
                Devices.Add(device);
                sink.Append(TraceEvent.Attach(e.TimeNs, device, domains[device], EventFlags.Inferred), e.Line);
            }
            if (e.Kind == GuestEventKind.Map)
            {
                Maps++;
                directions.Map(device.Value, e.Iova, e.Length, new(pending.Direction));
                Permission permission = pending.Direction == DmaDirection.ToDevice ? Permission.Read : Permission.ReadWrite;
                sink.Append(TraceEvent.Map(e.TimeNs, device, e.Iova, e.Length, e.Physical, permission), e.Line);
                return;
            }
            if (inferAccesses && directions.TryFind(device.Value, e.Iova, out _, out DirectionOf allowed) && allowed.Direction != DmaDirection.None)
            {
                const EventFlags Flags = EventFlags.Inferred | EventFlags.DirectionInferred | EventFlags.LengthInferred;
                Accesses++;
                sink.Append(allowed.Direction == DmaDirection.ToDevice ? TraceEvent.Read(e.TimeNs, device, e.Iova, e.Length, Flags) : TraceEvent.Write(e.TimeNs, device, e.Iova, e.Length, Flags), e.Line);
            }
            directions.Unmap(device.Value, e.Iova, e.Length);
            sink.Append(TraceEvent.Unmap(e.TimeNs, device, e.Iova, e.Length), e.Line);
        }
    }
}
