using System.Buffers.Binary;

namespace Workbench.Traces.Guest;

/// <summary>
/// Reads the binary file of <c>trace-cmd record</c>, version 6 or 7 (zstd or not), of 64-bit little-endian machines. The CPUs are merged
/// in time order, ties by CPU; <see cref="GuestEvent.Line"/> is the number of the record in that order, whatever its event.
/// </summary>
public sealed class TraceCmdDatReader : IGuestEventReader
{
    private const int ThreadOffset = 4;

    private readonly TraceCmdContents contents;
    private readonly List<RingBufferCpu> cpus = [];
    private readonly PriorityQueue<int, (ulong Stamp, int Order)> queue = new();
    private readonly GuestEventBatch batch = new();
    private readonly GuestFieldDecoder decoder;
    private readonly BadInput bad;
    private int? current;
    private long recordNumber;

    /// <summary>
    /// Reads <paramref name="stream"/> from where it stands; it must be able to seek and stays the caller's. <paramref name="name"/> is used in messages only.
    /// With <paramref name="skipBad"/> records that cannot be understood, and notices of lost events, are counted and passed over; damaged tables are always an error.
    /// </summary>
    public TraceCmdDatReader(Stream stream, string name, bool skipBad = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(name);
        if (!stream.CanSeek) throw new ArgumentException("A trace.dat is read through a stream that can seek.", nameof(stream));
        bad = new(name, skipBad);
        decoder = new(batch);
        TraceCmdBytes file = new(stream, name);
        contents = TraceCmdContainer.Read(file);
        try
        {
            Open(file, contents.Layout.PageBytes);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public long OtherEvents { get; private set; }
    /// <inheritdoc/>
    public long BadLines => bad.Count;

    /// <inheritdoc/>
    public bool TryRead(out GuestEvent guestEvent)
    {
        while (!batch.TryTake(out guestEvent))
        {
            if (!TryNextRecord()) return false;
        }
        return true;
    }

    /// <summary>Gives the decompressors back; the stream stays open.</summary>
    public void Dispose()
    {
        foreach (RingBufferCpu cpu in cpus) cpu.Dispose();
    }

    private void Open(TraceCmdBytes file, int pageBytes)
    {
        HeldBytes held = new(file);
        foreach (CpuExtent extent in contents.Cpus.OrderBy(extent => extent.Cpu))
        {
            IPageSource pages = extent.IsCompressed ? new PackedPages(file, extent, pageBytes, held) : new PlainPages(file, extent, pageBytes);
            cpus.Add(new(extent.Cpu, pages, held.Grow([], pageBytes), bad));
        }
        for (int i = 0; i < cpus.Count; i++) Advance(i);
    }

    private bool TryNextRecord()
    {
        // The record of the CPU on top is still being pointed at: it steps on only now.
        if (current is { } last) Advance(last);
        current = null;
        if (!queue.TryDequeue(out int next, out _)) return false;
        current = next;
        recordNumber++;
        Decode(cpus[next]);
        return true;
    }

    private void Advance(int order)
    {
        if (cpus[order].TryAdvance()) queue.Enqueue(order, (cpus[order].Stamp, order));
    }

    private void Decode(RingBufferCpu cpu)
    {
        ReadOnlySpan<byte> record = cpu.Record;
        if (record.Length < KernelEventFormat.CommonBytes)
        {
            Refuse(cpu, $"{record.Length} bytes; a record has at least {KernelEventFormat.CommonBytes}");
            return;
        }
        if (!contents.Formats.TryGetValue(BinaryPrimitives.ReadUInt16LittleEndian(record), out KernelEventFormat? format))
        {
            OtherEvents++;
            return;
        }
        if (!contents.Clock.TryToNanoseconds(cpu.Stamp, out long timeNs))
        {
            Refuse(cpu, $"the time stamp {cpu.Stamp} of clock {contents.Clock.Name} does not fit 63 bits of nanoseconds");
            return;
        }
        batch.Begin(new(timeNs, cpu.Cpu, BinaryPrimitives.ReadInt32LittleEndian(record[ThreadOffset..]), recordNumber));
        switch (decoder.Read(format.Statement, new RecordFields(record, format)))
        {
            case EventVerdict.Other:
                OtherEvents++;
                break;
            case EventVerdict.Bad:
                Refuse(cpu, $"{format.Group}:{format.Name} with {record.Length} bytes: {batch.Problem}");
                break;
            default:
                break;
        }
    }

    private void Refuse(RingBufferCpu cpu, string problem) => bad.Report(cpu.PageOffset, $"CPU {cpu.Cpu} record {recordNumber}: {problem}. The file is damaged; copy it again");
}
