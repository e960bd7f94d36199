using Workbench.Traces.Text;

namespace Workbench.Traces.Guest;

/// <summary>The layout of the kernel's ring-buffer pages, from the files header_page and header_event: a time stamp, the length in use, then the events.</summary>
internal sealed record RingBufferLayout(int PageBytes)
{
    /// <summary>Where the length in use stands.</summary>
    public const int CommitOffset = 8;
    /// <summary>Where the events begin.</summary>
    public const int DataOffset = 16;
    /// <summary>The type of padding and discarded events.</summary>
    public const int PaddingType = 29;
    /// <summary>The type of a step in time too long for an event's own 27 bits.</summary>
    public const int TimeExtendType = 30;
    /// <summary>The type of an absolute time stamp.</summary>
    public const int TimeStampType = 31;

    /// <summary>Checks the two files against what this reader knows; a problem is not null.</summary>
    public static RingBufferLayout? Parse(ReadOnlySpan<byte> page, ReadOnlySpan<byte> events, out string? problem)
    {
        problem = null;
        if (!TryField(page, "timestamp"u8, out KernelField? time) || !TryField(page, "commit"u8, out KernelField? commit) || !TryField(page, "data"u8, out KernelField? data))
            problem = "header_page has no fields timestamp, commit and data";
        else if (commit is not { Offset: CommitOffset, Size: 8 })
            problem = $"header_page has commit at {commit?.Offset} with {commit?.Size} bytes; allowed is 8 with 8: the traced kernel must be a 64-bit one";
        else if (time is not { Offset: 0, Size: 8 } || data is not { Offset: DataOffset } || data.Size is < 64 or > TraceCmdLimits.MostPageBytes - DataOffset)
            problem = $"header_page has timestamp at {time?.Offset} and {data?.Size} bytes of data at {data?.Offset}; allowed are 0, and 64 to {TraceCmdLimits.MostPageBytes - DataOffset} at {DataOffset}";
        else if (!HasType(events, "padding"u8, PaddingType) || !HasType(events, "time_extend"u8, TimeExtendType) || !HasType(events, "time_stamp"u8, TimeStampType))
            problem = "header_event has other types than 29 for padding, 30 for time_extend and 31 for time_stamp";
        else
            return new(DataOffset + data.Size);
        return null;
    }

    private static bool TryField(ReadOnlySpan<byte> page, ReadOnlySpan<byte> name, out KernelField? field)
    {
        foreach (Range range in page.Split((byte)'\n'))
        {
            if (KernelField.TryParse(page[range], out field) && field is not null && name.SequenceEqual(field.Name)) return true;
        }
        field = null;
        return false;
    }

    // A kernel that does not know a type does not write it either.
    private static bool HasType(ReadOnlySpan<byte> events, ReadOnlySpan<byte> name, int type)
    {
        foreach (Range range in events.Split((byte)'\n'))
        {
            ByteParser parser = new(events[range].Trim(" \t"u8));
            if (!parser.TryLiteral(name)) continue;
            if (!parser.TrySkipPast("type =="u8)) return false;
            parser.SkipBlanks();
            if (!parser.TryDecimal(out ulong found) || found != (ulong)type) return false;
        }
        return true;
    }
}
