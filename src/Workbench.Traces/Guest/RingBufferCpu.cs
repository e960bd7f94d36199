using System.Buffers.Binary;

namespace Workbench.Traces.Guest;

/// <summary>Walks the records of one CPU's ring-buffer pages and keeps its time. Kernel: include/linux/ring_buffer.h.</summary>
internal sealed class RingBufferCpu(int cpu, IPageSource pages, byte[] page, BadInput bad) : IDisposable
{
    // The length word: bits 26:0 the bytes in use, bit 31 events were lost before this page, bit 30 their number follows the page.
    private const ulong MissedFlag = 1UL << 31;
    private const ulong MissedStoredFlag = 1UL << 30;
    private const int TypeBits = 5;
    private const int DeltaBits = 27;
    private const int HeaderBytes = 4;
    private const int AbsoluteBits = 59;

    private int position;
    private int end;
    private int recordStart;
    private int recordLength;

    /// <summary>The CPU.</summary>
    public int Cpu => cpu;
    /// <summary>The current record's time stamp.</summary>
    public ulong Stamp { get; private set; }
    /// <summary>The byte of the file the current page (or its chunk) stands at.</summary>
    public long PageOffset { get; private set; }
    /// <summary>The current record, valid until the next step.</summary>
    public ReadOnlySpan<byte> Record => page.AsSpan(recordStart, recordLength);

    /// <summary>Steps to the next record; false at the end.</summary>
    public bool TryAdvance()
    {
        while (true)
        {
            while (position < end)
            {
                if (!TryStep(out bool isRecord)) position = end;
                else if (isRecord) return true;
            }
            if (!TryPage()) return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => pages.Dispose();

    private bool TryPage()
    {
        if (!pages.TryNext(page, out long offset)) return false;
        PageOffset = offset;
        Stamp = Word64(0);
        ulong commit = Word64(RingBufferLayout.CommitOffset);
        ulong used = commit & ~(MissedFlag | MissedStoredFlag);
        position = end = RingBufferLayout.DataOffset;
        if (used > (ulong)(page.Length - RingBufferLayout.DataOffset))
        {
            bad.Report(offset, $"CPU {cpu}: a page says it holds {used} bytes; allowed are {page.Length - RingBufferLayout.DataOffset}. The file is damaged; copy it again");
            return true;
        }
        end += (int)used;
        if ((commit & MissedFlag) != 0)
        {
            string number = (commit & MissedStoredFlag) != 0 && end + sizeof(ulong) <= page.Length ? $"{Word64(end)} events" : "events";
            bad.Report(offset, $"CPU {cpu}: {number} were lost before this page, the trace has holes. Record again with larger buffers (trace-cmd record -b) or fewer events");
        }
        return true;
    }

    // One entry of the page. False: it makes no sense, the rest of the page is given up.
    private bool TryStep(out bool isRecord)
    {
        isRecord = false;
        int start = position;
        if (end - start < HeaderBytes) return Refuse(start, "is cut off");
        uint header = Word32(start);
        int type = (int)(header & ((1 << TypeBits) - 1));
        ulong delta = header >> TypeBits;
        if (type == RingBufferLayout.PaddingType && delta == 0)
        {
            position = end;
            return true;
        }
        bool hasArray = type is 0 or RingBufferLayout.PaddingType or RingBufferLayout.TimeExtendType or RingBufferLayout.TimeStampType;
        if (hasArray && end - start < 2 * HeaderBytes) return Refuse(start, "is cut off");
        uint array = hasArray ? Word32(start + HeaderBytes) : 0;
        // Time wraps with the kernel's own 64-bit arithmetic.
        Stamp = type == RingBufferLayout.TimeStampType ? Absolute(((ulong)array << DeltaBits) | delta) : unchecked(Stamp + delta);
        switch (type)
        {
            case RingBufferLayout.TimeExtendType:
                Stamp = unchecked(Stamp + ((ulong)array << DeltaBits));
                position += 2 * HeaderBytes;
                return true;
            case RingBufferLayout.TimeStampType:
                position += 2 * HeaderBytes;
                return true;
            case RingBufferLayout.PaddingType:
                return TryMove(start, HeaderBytes, array);
            case 0:
                // The long form counts its own length word.
                if (array < HeaderBytes) return Refuse(start, $"has a length of {array}, less than its own length word");
                isRecord = true;
                return TryMove(start, 2 * HeaderBytes, array - HeaderBytes);
            default:
                isRecord = true;
                return TryMove(start, HeaderBytes, (uint)type * HeaderBytes);
        }
    }

    private bool TryMove(int start, int headBytes, uint length)
    {
        if (length > (uint)(end - start - headBytes)) return Refuse(start, $"has {length} bytes and runs past the page's {end - RingBufferLayout.DataOffset}");
        recordStart = start + headBytes;
        recordLength = (int)length;
        position = Math.Min(end, recordStart + ((recordLength + HeaderBytes - 1) & -HeaderBytes));
        return true;
    }

    private bool Refuse(int start, string problem)
    {
        bad.Report(PageOffset, $"CPU {cpu}: the entry {start} bytes into the page {problem}. The file is damaged; copy it again");
        return false;
    }

    // An absolute stamp has 59 bits; the upper five are those of the time before, or one more if that would go back.
    private ulong Absolute(ulong low)
    {
        ulong high = Stamp >> AbsoluteBits << AbsoluteBits;
        ulong stamp = high | low;
        return high != 0 && stamp < Stamp ? unchecked(stamp + (1UL << AbsoluteBits)) : stamp;
    }

    private uint Word32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(page.AsSpan(offset));

    private ulong Word64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(page.AsSpan(offset));
}
