using System.Buffers.Binary;
using ZstdSharp;

namespace Workbench.Traces.Native;

/// <summary>Collects the events of one block as streams and turns them into the block's bytes.</summary>
internal sealed class BlockEncoder : IDisposable
{
    // A stream shorter than this does not repay a zstd frame.
    private const int LeastCompressed = 48;

    private readonly Compressor compressor;
    private readonly ShapeTable shapes = new();
    private readonly byte[] shapeIndex = new byte[DmatLayout.MaxBlockEvents * 3];
    private readonly byte[] times = new byte[DmatLayout.MaxBlockEvents * Varint.MaxBytes];
    private readonly byte[] iovas = new byte[DmatLayout.MaxBlockEvents * Varint.MaxBytes];
    private readonly byte[] targets = new byte[DmatLayout.MaxBlockEvents * Varint.MaxBytes];
    private readonly byte[] lines = new byte[DmatLayout.MaxBlockEvents * Varint.MaxBytes];
    private byte[] dictionary = [];
    private byte[] texts = [];
    private byte[] block = new byte[1 << 16];
    private ulong[] previousIovas = new ulong[16];
    private ulong[] previousTargets = new ulong[16 * 16];
    private int shapeIndexEnd, timesEnd, iovasEnd, targetsEnd, linesEnd, textsEnd;
    private ulong previousLine;
    private bool anyLine;

    public BlockEncoder(int level) => compressor = new(level);

    public int Count { get; private set; }
    public int TextBytes => textsEnd;
    public long FirstTimeNs { get; private set; }
    public long LastTimeNs { get; private set; }

    /// <summary>Adds an event whose time is not before <see cref="LastTimeNs"/>. Returns what is wrong with it, and adds nothing, or null.</summary>
    public string? Add(in TraceEvent e, long line)
    {
        ulong word = ShapeTable.WordOf(e);
        int number = shapes.Find(word, e.Length);
        if (number < 0)
        {
            if ((EventRules.ShapeProblem(e.Kind, e.PasidOrNone, e.Length) ?? EventRules.FieldProblem(e.Kind, e.Iova, e.Target)) is { } problem) return problem;
            number = shapes.Add(word, e.Length);
            MakeRoom();
        }
        ref readonly ShapeTable.Shape shape = ref shapes[number];
        if (shape.IovaSlot < 0 || shape.TargetSlot < 0 || EventRules.HasDomain(e.Kind))
        {
            // Reads and writes come here: one compare each for the field their kind lacks.
            if ((shape.IovaSlot < 0 && e.Iova != 0) || (shape.TargetSlot < 0 ? e.Target != 0 : e.Target > ushort.MaxValue && EventRules.HasDomain(e.Kind)))
                return EventRules.FieldProblem(e.Kind, e.Iova, e.Target);
        }
        shapeIndexEnd = Varint.Write(shapeIndex, shapeIndexEnd, (uint)number);
        if (Count == 0) FirstTimeNs = LastTimeNs = e.TimeNs;
        timesEnd = Varint.Write(times, timesEnd, unchecked((ulong)(e.TimeNs - LastTimeNs)));
        LastTimeNs = e.TimeNs;
        if (shape.IovaSlot >= 0)
        {
            ref ulong previous = ref previousIovas[shape.IovaSlot];
            iovasEnd = Varint.Write(iovas, iovasEnd, Varint.ZigZag(unchecked(e.Iova - previous)));
            previous = e.Iova;
        }
        if (shape.TargetSlot >= 0)
        {
            ref ulong previous = ref previousTargets[shape.TargetSlot];
            targetsEnd = Varint.Write(targets, targetsEnd, Varint.ZigZag(unchecked(e.Target - previous)));
            previous = e.Target;
        }
        ulong source = unchecked((ulong)line);
        linesEnd = Varint.Write(lines, linesEnd, Varint.ZigZag(unchecked(source - previousLine)));
        previousLine = source;
        anyLine |= source != 0;
        Count++;
        return null;
    }

    /// <summary>Adds the text of a mark that the block has not used yet.</summary>
    public void AddText(int number, ReadOnlySpan<byte> utf8)
    {
        int needed = textsEnd + (2 * Varint.MaxBytes) + utf8.Length;
        if (needed > texts.Length) Array.Resize(ref texts, Math.Max(needed, texts.Length * 2));
        textsEnd = Varint.Write(texts, textsEnd, (uint)number);
        textsEnd = Varint.Write(texts, textsEnd, (uint)utf8.Length);
        utf8.CopyTo(texts.AsSpan(textsEnd));
        textsEnd += utf8.Length;
    }

    /// <summary>The block's bytes, valid until the next call; the encoder is then empty.</summary>
    public ReadOnlySpan<byte> Finish(long firstEvent, out BlockHeader header)
    {
        int streams = 3 + (iovasEnd > 0 ? 1 : 0) + (targetsEnd > 0 ? 1 : 0) + (anyLine ? 1 : 0) + (textsEnd > 0 ? 1 : 0);
        int directory = DmatLayout.BlockHeaderBytes;
        int at = directory + (streams * DmatLayout.DirectoryEntryBytes);
        Store(StreamId.Shapes, WriteShapes(), ref directory, ref at);
        Store(StreamId.ShapeIndex, shapeIndex.AsSpan(0, shapeIndexEnd), ref directory, ref at);
        Store(StreamId.Time, times.AsSpan(0, timesEnd), ref directory, ref at);
        if (iovasEnd > 0) Store(StreamId.Iova, iovas.AsSpan(0, iovasEnd), ref directory, ref at);
        if (targetsEnd > 0) Store(StreamId.Target, targets.AsSpan(0, targetsEnd), ref directory, ref at);
        if (anyLine) Store(StreamId.Line, lines.AsSpan(0, linesEnd), ref directory, ref at);
        if (textsEnd > 0) Store(StreamId.Texts, texts.AsSpan(0, textsEnd), ref directory, ref at);
        header = new(DmatLayout.BlockHeaderBytes, streams, at - DmatLayout.BlockHeaderBytes, Count, firstEvent, FirstTimeNs, LastTimeNs, 0);
        header.Write(block);
        header = header with { Checksum = DmatLayout.ChecksumOfBlock(block.AsSpan(0, at)) };
        header.Write(block);
        Clear();
        return block.AsSpan(0, at);
    }

    public void Dispose() => compressor.Dispose();

    private void MakeRoom()
    {
        if (shapes.DeviceCount <= previousIovas.Length) return;
        Array.Resize(ref previousIovas, previousIovas.Length * 2);
        Array.Resize(ref previousTargets, previousIovas.Length * 16);
    }

    private ReadOnlySpan<byte> WriteShapes()
    {
        int most = DmatLayout.MaxRawBytes(StreamId.Shapes, shapes.Count);
        if (most > dictionary.Length) dictionary = new byte[most];
        int at = 0;
        for (int i = 0; i < shapes.Count; i++)
        {
            ref readonly ShapeTable.Shape shape = ref shapes[i];
            // Kind, flags and device are the low 32 bits of the word, in this order.
            BinaryPrimitives.WriteUInt32LittleEndian(dictionary.AsSpan(at), unchecked((uint)shape.Word));
            at = Varint.Write(dictionary, at + 4, unchecked(shape.Pasid + 1));
            at = Varint.Write(dictionary, at, shape.Length);
        }
        return dictionary.AsSpan(0, at);
    }

    private void Store(StreamId id, ReadOnlySpan<byte> raw, ref int directory, ref int at)
    {
        int most = at + Compressor.GetCompressBound(raw.Length);
        if (most > block.Length) Array.Resize(ref block, Math.Max(most, block.Length * 2));
        Codec codec = Codec.Raw;
        int stored = raw.Length;
        if (raw.Length >= LeastCompressed)
        {
            int compressed = compressor.Wrap(raw, block.AsSpan(at));
            if (compressed < raw.Length)
            {
                codec = Codec.Zstd;
                stored = compressed;
            }
        }
        if (codec == Codec.Raw) raw.CopyTo(block.AsSpan(at));
        Span<byte> entry = block.AsSpan(directory, DmatLayout.DirectoryEntryBytes);
        entry.Clear();
        entry[0] = (byte)id;
        entry[1] = (byte)codec;
        BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], (uint)raw.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], (uint)stored);
        directory += DmatLayout.DirectoryEntryBytes;
        at += stored;
    }

    private void Clear()
    {
        Array.Clear(previousIovas, 0, shapes.DeviceCount);
        Array.Clear(previousTargets, 0, shapes.DeviceCount * 16);
        shapes.Clear();
        shapeIndexEnd = timesEnd = iovasEnd = targetsEnd = linesEnd = textsEnd = 0;
        previousLine = 0;
        anyLine = false;
        Count = 0;
    }
}
