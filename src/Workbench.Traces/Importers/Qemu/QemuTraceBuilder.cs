using System.Globalization;
using Workbench.Iommu;

namespace Workbench.Traces.Importers.Qemu;

/// <summary>
/// Turns parsed lines into trace events. A translation is an observation; an address_space_map piece, a NIC buffer write or a translation
/// outside both is one access, put after the translations it caused.
/// </summary>
internal sealed class QemuTraceBuilder(ITraceSink sink)
{
    /// <summary>Events that may wait before what nothing was heard of for <see cref="IdleLines"/> is settled as it stands.</summary>
    private const int MostHeld = 4096;
    private const int IdleLines = 1024;
    /// <summary>Events that may wait at all.</summary>
    private const int MostEverHeld = 1 << 20;

    private readonly HeldEvents held = new(sink);
    private readonly Dictionary<ulong, SpacePiece> pieces = [];
    private readonly Dictionary<uint, ThreadState> threads = [];
    private readonly Dictionary<RequesterId, DeviceKind> kinds = [];
    private readonly Dictionary<RequesterId, DomainId> domains = [];
    private readonly NvmeRings nvme = new();
    private readonly VirtioRings virtio = new();
    private readonly SortedDictionary<RequesterId, string> names = [];
    private long originNs = -1;

    public QemuImportStatistics Statistics { get; } = new();
    public IReadOnlyDictionary<RequesterId, string> DeviceNames => names;
    public long OriginNs => originNs;

    private sealed class SpacePiece
    {
        public ulong Space;
        public ulong First;
        public ulong Bytes;
        public bool IsWrite;
        public RequesterId? Device;
        public int Place;
        public long TimeNs;
        public long Line;
        public long LastLine;
        public bool IsSettled;
    }

    private sealed class ThreadState
    {
        public QemuEvent Cached;
        public bool HasCached;
        public SpacePiece? Piece;
        public ulong ReceiveFirst;
        public ulong ReceiveLast;
        public bool ReceiveExpected;
        public int ReceivePlace = -1;
        public TraceEvent Receive;
        public long ReceiveLine;
        public int DescriptorPlace = -1;
        public ulong DescriptorIova;
        public TraceEvent Descriptor;
        public long DescriptorLine;
    }

    public void Add(ref QemuEvent e, long line, ReadOnlySpan<byte> text)
    {
        if (originNs < 0) originNs = e.TimeNs;
        e.TimeNs -= originNs;
        if (e.Kind == QemuEventKind.Other) return;
        if (!threads.TryGetValue(e.Thread, out ThreadState? thread)) threads[e.Thread] = thread = new();
        if (e.Dialect != QemuDialect.Unknown) Statistics.Dialect = e.Dialect;
        if (thread.DescriptorPlace >= 0) SettleDescriptor(thread, e);
        if (thread.ReceivePlace >= 0 && e.Kind is not (QemuEventKind.CacheHit or QemuEventKind.CacheFill or QemuEventKind.Translated)) SettleReceive(thread);
        switch (e.Kind)
        {
            case QemuEventKind.CacheHit or QemuEventKind.CacheFill:
                (thread.Cached, thread.HasCached) = (e, true);
                if (e.HasDevice && e.HasDomain) Attach(e.TimeNs, e.Device, new((ushort)e.Id), line, again: false);
                break;
            case QemuEventKind.Translated:
                Translate(thread, e, line);
                break;
            case QemuEventKind.ContextRead:
                Attach(e.TimeNs, e.Device, new((ushort)e.Id), line, again: true);
                break;
            case QemuEventKind.InvalidateRange:
                held.Append(TraceEvent.InvalidateRange(e.TimeNs, new((ushort)e.Id), e.Address, e.Length), line);
                break;
            case QemuEventKind.InvalidateDomain:
                held.Append(TraceEvent.InvalidateDomain(e.TimeNs, new((ushort)e.Id)), line);
                break;
            case QemuEventKind.InvalidateAll:
                held.Append(TraceEvent.InvalidateAll(e.TimeNs), line);
                break;
            case QemuEventKind.SpaceMap:
                MapPiece(thread, e, line);
                break;
            case QemuEventKind.PciConfig:
                Configure(e, line, text);
                break;
            case QemuEventKind.NicReceiveWrite:
                (thread.ReceiveFirst, thread.ReceiveLast) = (e.Address, e.Address + (e.Length - 1));
                thread.ReceiveExpected = true;
                break;
            default:
                LeavePiece(thread);
                nvme.Observe(e);
                virtio.Observe(e);
                break;
        }
        if (held.Count > MostHeld) FinishIdle(held.Count > MostEverHeld ? line : line - IdleLines);
    }

    /// <summary>Settles what still waits; the log has ended.</summary>
    public void Finish()
    {
        FinishIdle(long.MaxValue);
    }

    /// <summary>Settles what was last heard of at or before a line: a thread may log nothing for long, an address space never again.</summary>
    private void FinishIdle(long lastLine)
    {
        QemuEvent none = default;
        foreach (ThreadState thread in threads.Values)
        {
            if (thread.DescriptorPlace >= 0 && thread.DescriptorLine <= lastLine) SettleDescriptor(thread, none);
            if (thread.ReceivePlace >= 0 && thread.ReceiveLine <= lastLine) SettleReceive(thread);
        }
        foreach (SpacePiece piece in pieces.Values)
        {
            if (piece.LastLine > lastLine) continue;
            pieces.Remove(piece.Space);
            Settle(piece, piece.Bytes);
        }
    }

    /// <summary>The thread turns to other things. A piece that it did not translate at once lies in system memory.</summary>
    private void LeavePiece(ThreadState thread)
    {
        if (thread.Piece is { Device: null, IsSettled: false } piece)
        {
            pieces.Remove(piece.Space);
            Settle(piece, 0);
        }
        thread.Piece = null;
    }

    private void Attach(long timeNs, RequesterId device, DomainId domain, long line, bool again)
    {
        if (!again && domains.TryGetValue(device, out DomainId known) && known == domain) return;
        domains[device] = domain;
        held.Append(TraceEvent.Attach(timeNs, device, domain), line);
    }

    private void Configure(in QemuEvent e, long line, ReadOnlySpan<byte> text)
    {
        if (!kinds.ContainsKey(e.Device))
        {
            string name = QemuLogParser.ConfigDeviceName(text);
            kinds[e.Device] = name == "nvme" ? DeviceKind.Nvme : name == "e1000e" ? DeviceKind.E1000e : name.StartsWith("virtio", StringComparison.Ordinal) ? DeviceKind.Virtio : DeviceKind.Unknown;
            names[e.Device] = name;
        }
        // The recorder marks its steps by writing their number to the host bridge's interrupt line register.
        if (e.Device.Value != 0 || e.Id != 0x3c || e.Value is 0 or > 9) return;
        held.Append(TraceEvent.Mark(e.TimeNs, (ulong)sink.AddText(string.Create(CultureInfo.InvariantCulture, $"mark {e.Value}"))), line);
        if (e.Value == 2) Statistics.WorkBeginsNs ??= e.TimeNs;
        if (e.Value == 9) Statistics.WorkEndsNs ??= e.TimeNs;
    }

    private void MapPiece(ThreadState thread, in QemuEvent e, long line)
    {
        LeavePiece(thread);
        // Each line names all that is left of a scatter element: the piece before it ends where this line begins, if the ends agree.
        if (pieces.Remove(e.Id, out SpacePiece? before))
        {
            bool continues = before.First + (before.Bytes - 1) == e.Address + (e.Length - 1) && e.Address > before.First && before.IsWrite == e.IsWrite;
            Settle(before, continues ? e.Address - before.First : before.Bytes);
        }
        SpacePiece piece = new() { Space = e.Id, First = e.Address, Bytes = e.Length, IsWrite = e.IsWrite, Place = held.Reserve(), Line = line, LastLine = line };
        pieces[e.Id] = piece;
        thread.Piece = piece;
    }

    private void Settle(SpacePiece piece, ulong bytes)
    {
        piece.IsSettled = true;
        if (piece.Device is not { } device)
        {
            // No translation followed: the address space is system memory, not a device behind the IOMMU.
            Statistics.UntranslatedMaps++;
            held.Abandon();
            return;
        }
        held.Settle(piece.Place, piece.IsWrite ? TraceEvent.Write(piece.TimeNs, device, piece.First, bytes) : TraceEvent.Read(piece.TimeNs, device, piece.First, bytes), piece.Line);
    }

    private void Translate(ThreadState thread, in QemuEvent e, long line)
    {
        QemuEvent cached = thread.Cached;
        bool paired = thread.HasCached && (cached.Address & ~(e.Length - 1)) == (e.Address & ~(e.Length - 1));
        thread.HasCached = false;
        if (!paired) Statistics.UnpairedTranslations++;
        // VT-d names the byte in the hit or fill line, SMMUv3 in the translation, AMD-Vi in both.
        ulong iova = paired && e.Dialect != QemuDialect.Smmuv3 ? cached.Address : e.Address;
        if (paired && cached.HasDomain) Attach(e.TimeNs, e.Device, new((ushort)cached.Id), line, again: false);
        Permission permission = e.HasPermission ? e.Permission : paired && cached.HasPermission ? cached.Permission : Permission.ReadWrite;
        ulong physical = (e.Physical & ~(e.Length - 1)) | (iova & (e.Length - 1));
        held.Append(TraceEvent.Translate(e.TimeNs, e.Device, iova, e.Length, physical, permission, paired && cached.Kind == QemuEventKind.CacheHit), line);
        Access(thread, e, iova, physical, permission, line);
    }

    private void Access(ThreadState thread, in QemuEvent e, ulong iova, ulong physical, Permission permission, long line)
    {
        ulong pageFirst = iova & ~(e.Length - 1), pageLast = pageFirst | (e.Length - 1);
        if (thread.ReceiveExpected && iova >= (thread.ReceiveFirst & ~0xFFFUL) && iova <= thread.ReceiveLast)
        {
            // A frame on two pages is written once both are translated.
            if (thread.ReceivePlace < 0) thread.ReceiveLine = line;
            thread.ReceivePlace = thread.ReceivePlace < 0 ? held.Reserve() : held.Move(thread.ReceivePlace);
            thread.Receive = TraceEvent.Write(e.TimeNs, e.Device, thread.ReceiveFirst, thread.ReceiveLast - thread.ReceiveFirst + 1);
            if (pageLast >= thread.ReceiveLast) SettleReceive(thread);
            return;
        }
        if (thread.ReceivePlace >= 0) SettleReceive(thread);
        if (thread.Piece is { IsSettled: false } piece && (piece.Device is null || piece.Device == e.Device) && piece.First <= pageLast && piece.First + (piece.Bytes - 1) >= pageFirst && iova >= piece.First && iova - piece.First < piece.Bytes)
        {
            piece.Device = e.Device;
            piece.TimeNs = e.TimeNs;
            piece.LastLine = line;
            piece.Place = held.Move(piece.Place);
            return;
        }
        // Arm's interrupt translation service lies in the virt machine's device area.
        if (e.Dialect == QemuDialect.Smmuv3 && physical is >= 0x0808_0000 and < 0x080A_0000)
        {
            held.Append(TraceEvent.Write(e.TimeNs, e.Device, iova, 4, EventFlags.Interrupt | EventFlags.LengthInferred), line);
            return;
        }
        DeviceKind kind = kinds.GetValueOrDefault(e.Device);
        if (kind == DeviceKind.E1000e && (permission & Permission.Write) != 0)
        {
            thread.DescriptorIova = iova;
            thread.Descriptor = TraceEvent.Write(e.TimeNs, e.Device, iova, (iova & 15) == 0 ? 16UL : 4UL, EventFlags.Ring | EventFlags.DirectionInferred | EventFlags.LengthInferred);
            thread.DescriptorLine = line;
            thread.DescriptorPlace = held.Reserve();
            return;
        }
        BareAccess access = kind switch
        {
            DeviceKind.Nvme => nvme.Classify(iova),
            DeviceKind.Virtio => virtio.Classify(iova),
            _ => BareAccess.RingRead(4),
        };
        // A page that may not be written was read: that is no inference.
        bool readOnly = (permission & Permission.Write) == 0;
        EventFlags flags = readOnly ? access.Flags & ~EventFlags.DirectionInferred : access.Flags;
        ulong length = Math.Min(access.Length, pageLast - iova + 1);
        held.Append(access.IsWrite && !readOnly ? TraceEvent.Write(e.TimeNs, e.Device, iova, length, flags) : TraceEvent.Read(e.TimeNs, e.Device, iova, length, flags), line);
    }

    private void SettleReceive(ThreadState thread)
    {
        held.Settle(thread.ReceivePlace, thread.Receive, thread.ReceiveLine);
        (thread.ReceivePlace, thread.ReceiveExpected) = (-1, false);
    }

    /// <summary>A NIC descriptor access was a fetch if the next line says which descriptor was read, and a write-back otherwise.</summary>
    private void SettleDescriptor(ThreadState thread, in QemuEvent next)
    {
        bool fetched = next.Kind == QemuEventKind.NicTransmitDescriptor || (next.Kind == QemuEventKind.NicReceiveDescriptor && next.Address == thread.DescriptorIova);
        TraceEvent e = thread.Descriptor;
        if (fetched) e = TraceEvent.Read(e.TimeNs, e.Device, e.Iova, 16, EventFlags.Ring);
        held.Settle(thread.DescriptorPlace, e, thread.DescriptorLine);
        thread.DescriptorPlace = -1;
    }
}
