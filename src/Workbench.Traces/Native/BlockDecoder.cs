using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Workbench.Iommu;
using ZstdSharp;

namespace Workbench.Traces.Native;

/// <summary>Decodes the events of one block, a batch at a time. Damage is an <see cref="InvalidDataException"/> whose message is a phrase.</summary>
internal sealed class BlockDecoder : IDisposable
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, true);

    private readonly Decompressor decompressor = new();
    // Dense numbers for the devices of a block, plus one; zero means not seen. Only the block's own shapes are cleared.
    private readonly int[] deviceSlots = new int[65_536];
    private readonly Range[] streams = new Range[8];
    private byte[] raw = [];
    private Shape[] shapes = new Shape[64];
    private ulong[] previousIovas = new ulong[16];
    private ulong[] previousTargets = new ulong[16 * 16];
    private int shapeCount;
    private int deviceCount;
    private int indexAt, timeAt, iovaAt, targetAt, lineAt;
    private int linesDecoded;
    private long time;
    private ulong line;
    private BlockHeader header;

    private struct Shape
    {
        public ulong Length;
        /// <summary>Device, kind, flags and PASID, as an event has them.</summary>
        public ulong Word;
        public EventKind Kind;
        public ushort Device;
        // Where the previous IOVA and target are kept; -1 when the kind has none.
        public int IovaSlot;
        public int TargetSlot;
    }

    // An event in five stores instead of eight: the fields of TraceEvent in its order, which a test checks.
    internal struct EventWords
    {
        public long TimeNs;
        public ulong Iova;
        public ulong Length;
        public ulong Target;
        public ulong Word;
    }

    /// <summary>Number of the next event within the block.</summary>
    public int Position { get; private set; }
    /// <summary>Events of the block that are left.</summary>
    public int Left => header.EventCount - Position;
    /// <summary>The texts the block carries, by number.</summary>
    public Dictionary<ulong, string> Texts { get; } = [];

    /// <summary>Takes a block whose checksum was found right.</summary>
    public void Load(ReadOnlySpan<byte> block, in BlockHeader blockHeader)
    {
        Unload();
        Unpack(block, blockHeader);
        ReadTexts(Stream(StreamId.Texts));
        header = blockHeader;
        ReadShapes(Stream(StreamId.Shapes));
        if (deviceCount > previousIovas.Length)
        {
            previousIovas = new ulong[deviceCount];
            previousTargets = new ulong[deviceCount * 16];
        }
        Array.Clear(previousIovas, 0, deviceCount);
        Array.Clear(previousTargets, 0, deviceCount * 16);
        time = header.FirstTimeNs;
    }

    /// <summary>Has the block neither table changes nor invalidations nor marks? Its shapes say so; nothing else of it is looked at, and no block is loaded afterwards.</summary>
    public bool HoldsOnlyAccesses(ReadOnlySpan<byte> block, in BlockHeader blockHeader)
    {
        Unload();
        Unpack(block, blockHeader, only: StreamId.Shapes);
        header = blockHeader;
        ReadShapes(Stream(StreamId.Shapes));
        bool only = true;
        foreach (ref readonly Shape shape in shapes.AsSpan(0, shapeCount)) only &= shape.Kind is EventKind.Read or EventKind.Write or EventKind.Translate;
        Unload();
        return only;
    }

    /// <summary>Forgets the block: nothing is left.</summary>
    public void Unload()
    {
        for (int i = 0; i < shapeCount; i++) deviceSlots[shapes[i].Device] = 0;
        shapeCount = deviceCount = 0;
        header = default;
        Position = 0;
        indexAt = timeAt = iovaAt = targetAt = lineAt = linesDecoded = 0;
        line = 0;
        Array.Clear(streams);
        Texts.Clear();
    }

    /// <summary>Decodes the next events of the block; <paramref name="lines"/> is empty or as long as <paramref name="events"/>.</summary>
    public int Decode(Span<TraceEvent> events, Span<long> lines)
    {
        int count = Math.Min(events.Length, Left);
        int decoded = DecodeEvents(events[..count]);
        if (decoded < count) throw new InvalidDataException($"event {Position + decoded} of the block is malformed");
        if (lines.Length > 0) DecodeLines(lines[..count]);
        if (count == Left) CheckEnd();
        Position += count;
        return count;
    }

    /// <summary>How many events at the block's start are before a time; decodes the times only and does not move.</summary>
    public int CountBefore(long timeNs)
    {
        ReadOnlySpan<byte> times = Stream(StreamId.Time);
        long now = header.FirstTimeNs;
        int at = 0;
        for (int i = 0; i < header.EventCount; i++)
        {
            now = unchecked(now + (long)Varint.Read(times, ref at));
            if (now >= timeNs) return i;
        }
        return header.EventCount;
    }

    public void Dispose() => decompressor.Dispose();

    private ReadOnlySpan<byte> Stream(StreamId id) => raw.AsSpan(streams[(int)id]);

    /// <summary>Returns how many events were decoded; fewer than asked for when the next one is malformed.</summary>
    private int DecodeEvents(Span<TraceEvent> events)
    {
        ReadOnlySpan<byte> indexes = Stream(StreamId.ShapeIndex), times = Stream(StreamId.Time), iovas = Stream(StreamId.Iova), targets = Stream(StreamId.Target);
        ReadOnlySpan<Shape> known = shapes.AsSpan(0, shapeCount);
        Span<ulong> lastIovas = previousIovas, lastTargets = previousTargets;
        Span<EventWords> words = MemoryMarshal.Cast<TraceEvent, EventWords>(events);
        int indexPosition = indexAt, timePosition = timeAt, iovaPosition = iovaAt, targetPosition = targetAt;
        long now = time, last = header.LastTimeNs;
        int i = 0;
        for (; i < words.Length; i++)
        {
            ulong number = Varint.Read(indexes, ref indexPosition);
            if (number >= (ulong)known.Length) break;
            ref readonly Shape shape = ref known[(int)number];
            long before = now;
            now = unchecked(now + (long)Varint.Read(times, ref timePosition));
            if (now < before || now > last) break;
            ulong iova = 0, target = 0;
            if (shape.IovaSlot >= 0)
            {
                ref ulong previous = ref lastIovas[shape.IovaSlot];
                iova = previous = unchecked(previous + Varint.UnZigZag(Varint.Read(iovas, ref iovaPosition)));
            }
            if (shape.TargetSlot >= 0)
            {
                ref ulong previous = ref lastTargets[shape.TargetSlot];
                target = previous = unchecked(previous + Varint.UnZigZag(Varint.Read(targets, ref targetPosition)));
                if (!TargetIsValid(shape.Kind, target)) break;
            }
            ref EventWords e = ref words[i];
            e.TimeNs = now;
            e.Iova = iova;
            e.Length = shape.Length;
            e.Target = target;
            e.Word = shape.Word;
        }
        indexAt = indexPosition;
        timeAt = timePosition;
        iovaAt = iovaPosition;
        targetAt = targetPosition;
        time = now;
        return i;
    }

    private bool TargetIsValid(EventKind kind, ulong target) => kind switch
    {
        EventKind.Map or EventKind.Translate => true,
        EventKind.Mark => Texts.ContainsKey(target),
        _ => target <= ushort.MaxValue,
    };

    private void DecodeLines(Span<long> destination)
    {
        ReadOnlySpan<byte> source = Stream(StreamId.Line);
        if (source.IsEmpty)
        {
            destination.Clear();
            return;
        }
        // Earlier batches may have been read without lines: catch up first.
        for (; linesDecoded < Position; linesDecoded++) NextLine(source);
        for (int i = 0; i < destination.Length; i++) destination[i] = unchecked((long)NextLine(source));
        linesDecoded += destination.Length;
    }

    private ulong NextLine(ReadOnlySpan<byte> source) => line = unchecked(line + Varint.UnZigZag(Varint.Read(source, ref lineAt)));

    private void CheckEnd()
    {
        if (time != header.LastTimeNs) throw new InvalidDataException($"its last event is at {time} ns, its header says {header.LastTimeNs}");
        if (indexAt != Stream(StreamId.ShapeIndex).Length || timeAt != Stream(StreamId.Time).Length || iovaAt != Stream(StreamId.Iova).Length || targetAt != Stream(StreamId.Target).Length
            || (linesDecoded == header.EventCount && lineAt != Stream(StreamId.Line).Length))
            throw new InvalidDataException("a stream goes on after the last event");
    }

    /// <summary>Expands the streams of a block, or one of them.</summary>
    private void Unpack(ReadOnlySpan<byte> block, in BlockHeader blockHeader, StreamId only = 0)
    {
        ReadOnlySpan<byte> payload = block[blockHeader.HeaderBytes..];
        int dataAt = blockHeader.StreamCount * DmatLayout.DirectoryEntryBytes;
        int rawAt = 0;
        uint seen = 0;
        for (int i = 0; i < blockHeader.StreamCount; i++)
        {
            ReadOnlySpan<byte> entry = payload[(i * DmatLayout.DirectoryEntryBytes)..];
            StreamId id = (StreamId)entry[0];
            Codec codec = (Codec)entry[1];
            uint rawBytes = BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]);
            uint stored = BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]);
            if (stored > payload.Length - dataAt) throw new InvalidDataException($"stream {(byte)id} takes {stored} bytes, more than the block has");
            ReadOnlySpan<byte> data = payload.Slice(dataAt, (int)stored);
            dataAt += (int)stored;
            if (id is < StreamId.Shapes or > StreamId.Texts || (only != 0 && id != only)) continue;
            if ((seen >> (int)id & 1) != 0) throw new InvalidDataException($"stream {(byte)id} occurs twice");
            seen |= 1u << (int)id;
            if (rawBytes > DmatLayout.MaxRawBytes(id, blockHeader.EventCount)) throw new InvalidDataException($"stream {(byte)id} takes {rawBytes} bytes uncompressed, allowed {DmatLayout.MaxRawBytes(id, blockHeader.EventCount)}");
            int end = rawAt + (int)rawBytes;
            if (end > raw.Length) Array.Resize(ref raw, Math.Max(end, raw.Length * 2));
            Expand(id, codec, data, raw.AsSpan(rawAt, (int)rawBytes));
            streams[(int)id] = rawAt..end;
            rawAt = end;
        }
        if (dataAt != payload.Length) throw new InvalidDataException("the payload goes on after its last stream");
    }

    private void Expand(StreamId id, Codec codec, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        if (codec == Codec.Raw && data.Length == destination.Length)
        {
            data.CopyTo(destination);
            return;
        }
        if (codec != Codec.Zstd) throw new InvalidDataException($"stream {(byte)id} has codec {(byte)codec} and {data.Length} stored bytes for {destination.Length}; codecs are 0 (raw) and 1 (zstd)");
        try
        {
            if (decompressor.TryUnwrap(data, destination, out int written) && written == destination.Length) return;
        }
        catch (ZstdException wrong)
        {
            throw new InvalidDataException($"stream {(byte)id} cannot be decompressed ({wrong.Message})", wrong);
        }
        throw new InvalidDataException($"stream {(byte)id} does not decompress to its {destination.Length} bytes");
    }

    private void ReadShapes(ReadOnlySpan<byte> source)
    {
        int at = 0;
        while (at < source.Length)
        {
            if (shapeCount == header.EventCount) throw new InvalidDataException("it has more shapes than events");
            if (shapeCount == shapes.Length) Array.Resize(ref shapes, shapes.Length * 2);
            if (source.Length - at < 4) throw new InvalidDataException("its shapes end within one");
            Shape shape = new() { Kind = (EventKind)source[at], Device = BinaryPrimitives.ReadUInt16LittleEndian(source[(at + 2)..]) };
            EventFlags flags = (EventFlags)source[at + 1];
            at += 4;
            ulong pasid = Varint.Read(source, ref at);
            if (pasid > Pasid.MaxValue + 1UL) throw new InvalidDataException($"shape {shapeCount} has PASID code {pasid}; allowed are 0 (none) and 1 to {Pasid.MaxValue + 1}");
            uint pasidOrNone = unchecked((uint)pasid - 1);
            shape.Length = Varint.Read(source, ref at);
            if (EventRules.ShapeProblem(shape.Kind, pasidOrNone, shape.Length) is { } problem) throw new InvalidDataException($"shape {shapeCount} is {problem}");
            TraceEvent like = new() { Device = new(shape.Device), Kind = shape.Kind, Flags = flags, PasidOrNone = pasidOrNone };
            shape.Word = Unsafe.As<TraceEvent, EventWords>(ref like).Word;
            ref int device = ref deviceSlots[shape.Device];
            if (device == 0) device = ++deviceCount;
            shape.IovaSlot = EventRules.HasIova(shape.Kind) ? device - 1 : -1;
            shape.TargetSlot = EventRules.HasTarget(shape.Kind) ? (device - 1 << 4) | (int)shape.Kind : -1;
            shapes[shapeCount++] = shape;
        }
    }

    private void ReadTexts(ReadOnlySpan<byte> source)
    {
        int at = 0;
        while (at < source.Length)
        {
            ulong number = Varint.Read(source, ref at);
            ulong bytes = Varint.Read(source, ref at);
            if (bytes > DmatLayout.MaxTextBytes || (int)bytes > source.Length - at) throw new InvalidDataException($"text {number} takes {bytes} bytes, more than allowed or left");
            try
            {
                if (!Texts.TryAdd(number, StrictUtf8.GetString(source.Slice(at, (int)bytes)))) throw new InvalidDataException($"text {number} occurs twice");
            }
            catch (DecoderFallbackException wrong)
            {
                throw new InvalidDataException($"text {number} is no UTF-8", wrong);
            }
            at += (int)bytes;
        }
    }
}
