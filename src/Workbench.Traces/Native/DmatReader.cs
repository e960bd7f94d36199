namespace Workbench.Traces.Native;

/// <summary>Reads a .dmat trace as a stream of batches, with seeks by time and by event number. Memory is bounded by one block and the index.</summary>
public sealed class DmatReader : IDisposable
{
    private readonly Stream stream;
    private readonly string name;
    private readonly bool skipBad;
    private readonly bool leaveOpen;
    private readonly BlockSource source;
    private readonly BlockDecoder decoder = new();
    private readonly TextCache texts = new();
    private readonly DmatBlock[] blocks;
    private readonly HashSet<int> skipped = [];
    // The block after the one in the decoder.
    private int nextBlock;
    private long accessesFromNs = long.MinValue;

    private DmatReader(Stream stream, string name, bool skipBad, bool leaveOpen)
    {
        this.stream = stream;
        this.name = name;
        this.skipBad = skipBad;
        this.leaveOpen = leaveOpen;
        DmatHeader header = DmatHeader.Read(stream, name, skipBad);
        source = new(stream, header.Capacity);
        string? problem = DmatFooter.Read(stream, header.Capacity, out DmatFooter? footer);
        if (problem is null && footer is not null)
        {
            blocks = footer.Blocks;
            Provenance = footer.Provenance;
            EventCount = footer.EventCount;
            return;
        }
        if (!skipBad)
        {
            throw new TraceFormatException(problem == "there is no trailer"
                ? $"Trace '{name}' ends at byte {stream.Length} without its trailer: the recording or copy was cut short. Copy it again; --skip-bad reads the whole blocks that are left."
                : $"Trace '{name}': {problem}. The file was damaged; copy it again, or pass --skip-bad to read the blocks that are whole.");
        }
        List<BlockGap> gaps = [];
        blocks = [.. source.Walk(stream.Length, gaps)];
        Provenance = new() { Title = name, Notes = [$"The footer of the file is missing or damaged ({problem}); provenance unknown, blocks found by walking the file."] };
        SkippedBlocks = gaps.Count;
        long next = 0;
        foreach (DmatBlock block in blocks)
        {
            EventCount += block.EventCount;
            SkippedEvents += block.FirstEvent - next;
            next = block.FirstEvent + block.EventCount;
        }
    }

    /// <summary>Opens a trace on a stream that can seek; the stream is disposed with the reader unless <paramref name="leaveOpen"/>.</summary>
    /// <param name="stream">The whole file.</param>
    /// <param name="name">The name used in messages.</param>
    /// <param name="skipBad">Skip and count damaged blocks instead of throwing, and do without a footer: the blocks are then found by reading the file once.</param>
    /// <param name="leaveOpen">Keep the stream open after the reader.</param>
    public static DmatReader Open(Stream stream, string name, bool skipBad = false, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(name);
        if (!stream.CanSeek || !stream.CanRead) throw new ArgumentException("A trace is read from a stream that can seek; copy a pipe to a file first.", nameof(stream));
        try
        {
            return new(stream, name, skipBad, leaveOpen);
        }
        catch
        {
            if (!leaveOpen) stream.Dispose();
            throw;
        }
    }

    /// <summary>The name used in messages.</summary>
    public string Name => name;
    /// <summary>Where the trace comes from.</summary>
    public TraceProvenance Provenance { get; }
    /// <summary>Events the index lists, those in damaged blocks included; without a footer, events in the blocks that were found.</summary>
    public long EventCount { get; }
    /// <summary>Time of the first event, 0 in an empty trace.</summary>
    public long FirstTimeNs => blocks.Length == 0 ? 0 : blocks[0].FirstTimeNs;
    /// <summary>Time of the last event, 0 in an empty trace.</summary>
    public long LastTimeNs => blocks.Length == 0 ? 0 : blocks[^1].LastTimeNs;
    /// <summary>The index.</summary>
    public IReadOnlyList<DmatBlock> Blocks => blocks;
    /// <summary>Does the block that was read last carry texts? One without holds no marks.</summary>
    public bool HasTexts => decoder.Texts.Count > 0;
    /// <summary>Damaged places met so far; only with skipBad.</summary>
    public int SkippedBlocks { get; private set; }
    /// <summary>Events lost in them, as far as the block numbers tell; only with skipBad.</summary>
    public long SkippedEvents { get; private set; }
    /// <summary>Events in the blocks that were passed over so far; see <see cref="PassOverAccessesBefore"/>.</summary>
    public long PassedOver { get; private set; }
    /// <summary>Number of the event that the next read returns first; <see cref="EventCount"/> or beyond at the end.</summary>
    public long Position => decoder.Left > 0 ? blocks[nextBlock - 1].FirstEvent + decoder.Position
        : nextBlock < blocks.Length ? blocks[nextBlock].FirstEvent
        : blocks.Length == 0 ? 0 : blocks[^1].FirstEvent + blocks[^1].EventCount;

    /// <summary>Reads the next events. Returns how many; fewer than asked for at the end of a block, 0 only at the end of the trace.</summary>
    public int Read(Span<TraceEvent> events) => Read(events, []);

    /// <summary>Reads the next events with the source lines they were made from (0 where there is none).</summary>
    /// <param name="events">Receives the events.</param>
    /// <param name="sourceLines">Receives the lines; empty, or as long as <paramref name="events"/>.</param>
    public int Read(Span<TraceEvent> events, Span<long> sourceLines)
    {
        if (!sourceLines.IsEmpty && sourceLines.Length < events.Length) throw new ArgumentException($"There is room for {sourceLines.Length} lines and {events.Length} events; give as many lines, or none.", nameof(sourceLines));
        if (events.IsEmpty) return 0;
        while (decoder.Left > 0 || LoadNext())
        {
            try
            {
                return decoder.Decode(events, sourceLines);
            }
            catch (InvalidDataException wrong)
            {
                int lost = decoder.Left;
                decoder.Unload();
                Skip(nextBlock - 1, lost, wrong.Message, wrong);
            }
        }
        return 0;
    }

    /// <summary>Moves to the first event at or after a time; the end when there is none.</summary>
    public void SeekToTime(long timeNs)
    {
        int low = 0, high = blocks.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (blocks[middle].LastTimeNs >= timeNs) high = middle;
            else low = middle + 1;
        }
        MoveTo(low);
        if (low == blocks.Length || blocks[low].FirstTimeNs >= timeNs || !LoadNext()) return;
        // LoadNext may have skipped damaged blocks: then the one it took starts later anyway.
        PassOver(() => decoder.CountBefore(timeNs));
    }

    /// <summary>Moves to an event by number; to the next one that is left when blocks are missing, to the end beyond the last.</summary>
    public void SeekToEvent(long number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        int low = 0, high = blocks.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (blocks[middle].FirstEvent + blocks[middle].EventCount > number) high = middle;
            else low = middle + 1;
        }
        MoveTo(low);
        if (low == blocks.Length || blocks[low].FirstEvent >= number || !LoadNext()) return;
        PassOver(() => (int)Math.Clamp(number - blocks[nextBlock - 1].FirstEvent, 0, decoder.Left));
    }

    /// <summary>From now on blocks that end before a time and hold nothing but accesses and translations are not decoded: reads go on after them.</summary>
    public void PassOverAccessesBefore(long timeNs) => accessesFromNs = timeNs;

    /// <summary>The text of a mark that was read from this trace.</summary>
    public string TextOf(in TraceEvent mark)
    {
        if (mark.Kind != EventKind.Mark) throw new ArgumentException($"A {mark.Kind} has no text; only marks have.", nameof(mark));
        return texts.TryFind(mark.Target, out string? text) && text is not null ? text
            : throw new ArgumentException($"Text {mark.Target} belongs to no mark read lately from '{name}'.", nameof(mark));
    }

    /// <summary>Closes the stream unless it was to be left open.</summary>
    public void Dispose()
    {
        decoder.Dispose();
        if (!leaveOpen) stream.Dispose();
    }

    private void MoveTo(int block)
    {
        decoder.Unload();
        nextBlock = block;
    }

    private void PassOver(Func<int> count)
    {
        try
        {
            Span<TraceEvent> scratch = new TraceEvent[1024];
            for (int left = count(); left > 0;) left -= decoder.Decode(scratch[..Math.Min(left, scratch.Length)], []);
        }
        catch (InvalidDataException wrong)
        {
            int lost = decoder.Left;
            decoder.Unload();
            Skip(nextBlock - 1, lost, wrong.Message, wrong);
        }
    }

    /// <summary>Loads the next block that can be read; false when none is left.</summary>
    private bool LoadNext()
    {
        while (nextBlock < blocks.Length)
        {
            DmatBlock block = blocks[nextBlock++];
            try
            {
                string? problem = source.Fetch(block.FileOffset, block.FileOffset + block.StoredBytes, out BlockHeader header);
                if (problem is null && header.At(block.FileOffset) != block) problem = "its header disagrees with the index";
                if (problem is null && block.LastTimeNs < accessesFromNs && decoder.HoldsOnlyAccesses(source.Bytes(header), header))
                {
                    PassedOver += block.EventCount;
                    continue;
                }
                if (problem is null)
                {
                    decoder.Load(source.Bytes(header), header);
                    texts.Add(decoder.Texts);
                    return true;
                }
                Skip(nextBlock - 1, block.EventCount, problem, null);
            }
            catch (InvalidDataException wrong)
            {
                decoder.Unload();
                Skip(nextBlock - 1, block.EventCount, wrong.Message, wrong);
            }
        }
        return false;
    }

    private void Skip(int number, int lost, string problem, Exception? inner)
    {
        DmatBlock block = blocks[number];
        if (!skipBad)
        {
            // A read after the exception meets the same block again rather than silently the next.
            nextBlock = number;
            string message = $"Trace '{name}' block {number} (byte {block.FileOffset}, events {block.FirstEvent} to {block.FirstEvent + block.EventCount - 1}): {problem}. "
                + "The file was damaged; copy it again, or pass --skip-bad to go on after the block.";
            throw inner is null ? new TraceFormatException(message) : new TraceFormatException(message, inner);
        }
        if (!skipped.Add(number)) return;
        SkippedBlocks++;
        SkippedEvents += lost;
    }
}
