using System.Text;

namespace Workbench.Traces.Native;

/// <summary>Writes a .dmat trace front to back, never seeking; memory stays bounded but for 48 bytes per block of index and the texts of marks.</summary>
public sealed class DmatWriter : IDisposable
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, true);

    private readonly Stream output;
    private readonly PartialFile? file;
    private readonly bool leaveOpen;
    private readonly int level;
    private readonly int capacity;
    private readonly BlockEncoder encoder;
    private readonly List<DmatBlock> blocks = [];
    private readonly Dictionary<string, int> textNumbers = new(StringComparer.Ordinal);
    private readonly List<byte[]> texts = [];
    // The number of the block (counted from 1) that last carried each text.
    private readonly List<int> carriedBy = [];
    private readonly long[] kindCounts = new long[16];
    private long written;
    private long lastTimeNs = long.MinValue;
    private State state;

    private enum State { Open, Completed, Disposed }

    /// <summary>Starts a trace on a stream, which is disposed with the writer unless <paramref name="leaveOpen"/>.</summary>
    /// <param name="output">Any writable stream; it need not seek.</param>
    /// <param name="level">zstd level, 1 (fastest) to 19.</param>
    /// <param name="leaveOpen">Keep the stream open after the writer.</param>
    public DmatWriter(Stream output, int level = 3, bool leaveOpen = false) : this(output, level, leaveOpen, DmatLayout.MaxBlockEvents, null) { }

    internal DmatWriter(Stream output, int level, bool leaveOpen, int capacity, PartialFile? file)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentOutOfRangeException.ThrowIfLessThan(level, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, 19);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, DmatLayout.MaxBlockEvents);
        if (!output.CanWrite) throw new ArgumentException("The stream cannot be written.", nameof(output));
        this.output = output;
        this.file = file;
        this.leaveOpen = leaveOpen;
        this.level = level;
        this.capacity = capacity;
        encoder = new(level);
        WriteBytes(DmatLayout.FileHeader(capacity));
    }

    /// <summary>Events appended so far.</summary>
    public long EventCount { get; private set; }
    /// <summary>Bytes handed to the stream so far; the block being filled is not among them.</summary>
    public long BytesWritten => written;

    /// <summary>The number that a mark's target uses for a text; the same text has the same number. At most 65,535 bytes of UTF-8.</summary>
    public int AddText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        MustBeOpen();
        if (textNumbers.TryGetValue(text, out int number)) return number;
        byte[] utf8 = StrictUtf8.GetBytes(text);
        if (utf8.Length > DmatLayout.MaxTextBytes)
            throw new TraceFormatException($"The text of a mark takes {utf8.Length} bytes of UTF-8; at most {DmatLayout.MaxTextBytes} fit. Shorten it.");
        number = texts.Count;
        textNumbers.Add(text, number);
        texts.Add(utf8);
        carriedBy.Add(0);
        return number;
    }

    /// <summary>Appends an event; its time must not be before the last one's.</summary>
    /// <param name="e">The event.</param>
    /// <param name="sourceLine">The line of the source it was read from, or 0.</param>
    public void Append(in TraceEvent e, long sourceLine = 0)
    {
        if (state != State.Open) MustBeOpen();
        if (e.TimeNs < lastTimeNs)
            throw new TraceFormatException($"Trace event {EventCount}: its time {e.TimeNs} ns is before {lastTimeNs} ns, the time of the event before it. Times never decrease in a trace; sort the source or check its clock.");
        if (e.Kind == EventKind.Mark) CarryText(e.Target);
        if (encoder.Add(e, sourceLine) is { } problem)
            throw new TraceFormatException($"Trace event {EventCount} at {e.TimeNs} ns: {problem}.");
        lastTimeNs = e.TimeNs;
        kindCounts[(int)e.Kind]++;
        EventCount++;
        if (encoder.Count == capacity) FinishBlock();
    }

    /// <summary>Appends events without source lines.</summary>
    public void Append(ReadOnlySpan<TraceEvent> events)
    {
        foreach (ref readonly TraceEvent e in events) Append(e);
    }

    /// <summary>Writes what is left and the footer. Without it the file has no footer, and only its whole blocks can be read.</summary>
    public void Complete(TraceProvenance provenance)
    {
        ArgumentNullException.ThrowIfNull(provenance);
        MustBeOpen();
        if (provenance.Validate() is { Count: > 0 } problems) throw new ArgumentException(string.Join(" ", problems), nameof(provenance));
        if (encoder.Count > 0) FinishBlock();
        WriteBytes(DmatFooter.Build(provenance, blocks, EventCount, kindCounts, written, level));
        output.Flush();
        file?.Commit();
        state = State.Completed;
    }

    /// <summary>Ends the writer. Before <see cref="Complete"/> the whole blocks stay on the stream; a file of <see cref="DmatFile.Create"/> is deleted.</summary>
    public void Dispose()
    {
        if (state == State.Disposed) return;
        if (state == State.Open && file is null && encoder.Count > 0) FinishBlock();
        state = State.Disposed;
        encoder.Dispose();
        if (file is not null) file.Dispose();
        else if (!leaveOpen) output.Dispose();
    }

    private void CarryText(ulong number)
    {
        if (number >= (ulong)texts.Count)
            throw new TraceFormatException($"Trace event {EventCount}: the mark names text {number}, but {texts.Count} texts were added. Call AddText first and use the number it returns.");
        int text = (int)number;
        if (carriedBy[text] == blocks.Count + 1) return;
        if (encoder.Count > 0 && encoder.TextBytes + texts[text].Length > DmatLayout.MaxBlockTextBytes) FinishBlock();
        carriedBy[text] = blocks.Count + 1;
        encoder.AddText(text, texts[text]);
    }

    private void FinishBlock()
    {
        long offset = written;
        ReadOnlySpan<byte> bytes = encoder.Finish(EventCount - encoder.Count, out BlockHeader header);
        WriteBytes(bytes);
        blocks.Add(header.At(offset));
    }

    private void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        written += bytes.Length;
    }

    private void MustBeOpen()
    {
        ObjectDisposedException.ThrowIf(state == State.Disposed, this);
        if (state == State.Completed) throw new InvalidOperationException("The trace was completed; nothing can be added to it.");
    }
}
