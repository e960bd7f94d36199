namespace Workbench.Traces.Guest;

/// <summary>One CPU's part of a file.</summary>
internal readonly record struct CpuExtent(int Cpu, ulong Offset, ulong Bytes, bool IsCompressed);

/// <summary>What a trace.dat's tables say, whichever version they were read from.</summary>
internal sealed class TraceCmdContents
{
    private ulong extentBytes;
    private uint statedPageBytes;

    /// <summary>The formats of the events that matter here, by the id their records begin with.</summary>
    public Dictionary<int, KernelEventFormat> Formats { get; } = [];
    /// <summary>Where each CPU's pages are.</summary>
    public List<CpuExtent> Cpus { get; } = [];
    /// <summary>The clock of the time stamps.</summary>
    public TraceClock Clock { get; } = new();
    /// <summary>The layout of the pages; its pages have 0 bytes until the headers were read.</summary>
    public RingBufferLayout Layout { get; private set; } = new(0);

    /// <summary>Reads header_page and header_event.</summary>
    public void ReadHeaders(TraceCmdBytes bytes)
    {
        if (Layout.PageBytes != 0) throw bytes.Refusal("a second header_page. The file is damaged; copy it again");
        long at = bytes.Position;
        bytes.Literal("header_page\0"u8, "the text");
        byte[] page = bytes.Take(bytes.Word64("the size of header_page"), "header_page");
        bytes.Literal("header_event\0"u8, "the text");
        byte[] events = bytes.Take(bytes.Word64("the size of header_event"), "header_event");
        Layout = RingBufferLayout.Parse(page, events, out string? problem) ?? Layout;
        if (problem is not null) throw bytes.RefusalAt(at, $"{problem}. This kernel's ring buffer is not known; feed the text of trace-cmd report instead");
    }

    /// <summary>Reads the formats of ftrace's own events.</summary>
    public void ReadFtraceFormats(TraceCmdBytes bytes) => ReadGroup(bytes, "ftrace");

    /// <summary>Reads the formats of all other events.</summary>
    public void ReadEventFormats(TraceCmdBytes bytes)
    {
        uint groups = bytes.Word32("the number of event groups");
        for (uint i = 0; i < groups; i++) ReadGroup(bytes, bytes.Text("an event group's name"));
    }

    /// <summary>Takes the page size that a buffer states; all must state the same.</summary>
    public void StatePageBytes(uint bytes, TraceCmdBytes at)
    {
        if (statedPageBytes != 0 && statedPageBytes != bytes) throw at.Refusal($"pages of {bytes} bytes after others of {statedPageBytes}, which is not supported. Record all instances with one sub-buffer size");
        statedPageBytes = bytes;
    }

    /// <summary>Checks, once all tables were read, that they are there and agree.</summary>
    public void Validate(TraceCmdBytes file)
    {
        if (Layout.PageBytes == 0) throw file.Refusal("no header_page in the file. The file is damaged; copy it again");
        if (statedPageBytes != 0 && statedPageBytes != (uint)Layout.PageBytes)
            throw file.Refusal($"header_page says pages have {Layout.PageBytes} bytes, the buffers say {statedPageBytes}. Feed the text of trace-cmd report instead");
        if (Clock.Problem() is { } problem) throw file.Refusal(problem);
    }

    /// <summary>Adds one CPU's extent after checking it against the file.</summary>
    public void AddCpu(TraceCmdBytes file, in CpuExtent extent)
    {
        if (extent.Bytes == 0) return;
        if (extent.Offset > (ulong)file.Length || extent.Bytes > (ulong)file.Length - extent.Offset)
            throw file.Refusal($"CPU {extent.Cpu} is said to have {extent.Bytes} bytes at byte {extent.Offset}, past the end at {file.Length}. The file is cut short or damaged; copy it again");
        if (Cpus.Count == TraceCmdLimits.MostCpus) throw file.Refusal($"more than {TraceCmdLimits.MostCpus} CPUs. The file is damaged; copy it again");
        // Parts of a sound file do not overlap; together they cannot be larger than it.
        extentBytes += extent.Bytes;
        if (extentBytes > (ulong)file.Length) throw file.Refusal($"the CPUs are said to have {extentBytes} bytes in a file of {file.Length}. The file is damaged; copy it again");
        Cpus.Add(extent);
    }

    private void ReadGroup(TraceCmdBytes bytes, string group)
    {
        uint events = bytes.Word32("the number of events in a group");
        for (uint i = 0; i < events; i++)
        {
            ulong size = bytes.Word64("the size of an event format");
            long at = bytes.Position;
            KernelEventFormat? format = KernelEventFormat.Parse(group, bytes.Take(size, "an event format"), out string? problem);
            if (format is null) continue;
            if (problem is not null) throw bytes.RefusalAt(at, $"the format of {group}:{format.Name} cannot be understood: {problem}. Feed the text of trace-cmd report instead");
            if (!Formats.TryAdd(format.Id, format)) throw bytes.RefusalAt(at, $"the event id {format.Id} of {group}:{format.Name} is also that of {Formats[format.Id].Name}. The file is damaged; copy it again");
        }
    }
}
