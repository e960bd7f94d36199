using System.Text;

namespace Workbench.Traces.Guest;

/// <summary>Version 7: sections anywhere in the file, found through a chain of option sections, each compressed or not.</summary>
internal static class TraceCmdVersion7
{
    private const int OptionsSection = 0;
    private const int BufferSection = 3;
    private const int HeaderSection = 16;
    private const int FtraceFormatsSection = 17;
    private const int EventFormatsSection = 18;
    private const ushort CompressedFlag = 1;
    private const int CpuBytes = 20;

    /// <summary>Reads what follows the first header.</summary>
    public static void Read(TraceCmdBytes file, TraceCmdContents contents)
    {
        long at = file.Position;
        string codec = file.Text("the compression's name");
        file.Text("the compression's version");
        if (codec is not ("none" or "zstd")) throw file.RefusalAt(at, $"compression {Excerpt.Of(Encoding.Latin1.GetBytes(codec))}; supported are none and zstd. Convert the file with trace-cmd convert --compression none");
        ulong next = file.Word64("the offset of the options");
        HashSet<ulong> seen = [];
        while (next != 0)
        {
            if (!seen.Add(next)) throw file.Refusal($"the options at byte {next} lead back to themselves. The file is damaged; copy it again");
            next = ReadOptions(file, contents, Open(file, next, OptionsSection, codec), codec);
        }
    }

    private static ulong ReadOptions(TraceCmdBytes file, TraceCmdContents contents, TraceCmdBytes options, string codec)
    {
        // A section may end without saying so, as the very last does when nothing follows.
        while (options.Left > 0)
        {
            ushort option = options.Word16("an option's number");
            TraceCmdBytes data = options.Part(options.Take(options.Word32("an option's size"), "an option"), $"option {option}");
            switch (option)
            {
                case TraceCmdOptions.Done:
                    return data.Word64("the offset of the next options");
                case TraceCmdOptions.Buffer:
                    ReadBuffer(file, contents, data, codec);
                    break;
                case TraceCmdOptions.BufferText:
                    throw options.Refusal("a latency trace holds text, not events; only flyrecord is supported. Feed the text of trace-cmd report instead");
                case HeaderSection:
                    contents.ReadHeaders(Open(file, data.Word64("the offset of the headers"), HeaderSection, codec));
                    break;
                case FtraceFormatsSection:
                    contents.ReadFtraceFormats(Open(file, data.Word64("the offset of the ftrace formats"), FtraceFormatsSection, codec));
                    break;
                case EventFormatsSection:
                    contents.ReadEventFormats(Open(file, data.Word64("the offset of the event formats"), EventFormatsSection, codec));
                    break;
                default:
                    TraceCmdOptions.Apply(option, data.Take((ulong)data.Length, "an option"), contents.Clock, options);
                    break;
            }
        }
        return 0;
    }

    private static void ReadBuffer(TraceCmdBytes file, TraceCmdContents contents, TraceCmdBytes data, string codec)
    {
        ulong section = data.Word64("a buffer's offset");
        string instance = data.Text("a trace instance's name");
        string clock = data.Text("a buffer's clock");
        string clockBefore = contents.Clock.Name;
        contents.Clock.Choose(Encoding.Latin1.GetBytes(clock));
        if (contents.Cpus.Count > 0 && contents.Clock.Name != clockBefore)
            throw data.Refusal($"instance {Excerpt.Of(Encoding.Latin1.GetBytes(instance))} has another clock ({Excerpt.Of(Encoding.Latin1.GetBytes(clock))}) than those before it. Record all instances with trace-cmd record -C mono");
        (_, bool isCompressed) = ReadHeader(file, section, BufferSection, codec);
        // Newer trace-cmd than the manual puts the page size before the CPUs; only the length tells.
        if ((data.Left - sizeof(uint)) % CpuBytes == sizeof(uint)) contents.StatePageBytes(data.Word32("a buffer's page size"), data);
        uint cpus = data.Word32("the number of CPUs");
        for (uint i = 0; i < cpus; i++)
        {
            uint cpu = data.Word32("a CPU's number");
            if (cpu > int.MaxValue) throw data.Refusal($"CPU {cpu}; allowed are 0 to {int.MaxValue}. The file is damaged; copy it again");
            ulong offset = data.Word64("a CPU's offset");
            contents.AddCpu(file, new((int)cpu, offset, data.Word64("a CPU's size"), isCompressed));
        }
    }

    private static TraceCmdBytes Open(TraceCmdBytes file, ulong offset, int wanted, string codec)
    {
        (ulong size, bool isCompressed) = ReadHeader(file, offset, wanted, codec);
        if (!isCompressed) return file.Part(file.Take(size, "a section"), $"section {wanted} at byte {offset}");
        uint packed = file.Word32("a section's packed size");
        uint unpacked = file.Word32("a section's unpacked size");
        if (unpacked > TraceCmdLimits.MostSectionBytes) throw file.Refusal($"a section of {unpacked} bytes; allowed are {TraceCmdLimits.MostSectionBytes}. The file is damaged; copy it again");
        long at = file.Position;
        byte[] bytes = file.Take(packed, "a packed section");
        byte[] target = new byte[unpacked];
        using ZstdChunk chunk = new();
        if (chunk.Unpack(bytes, target) is { } problem) throw file.RefusalAt(at, problem);
        return file.Part(target, $"section {wanted} at byte {offset}, unpacked");
    }

    // The manual gives the size four bytes; trace-cmd 3 writes eight.
    private static (ulong Size, bool IsCompressed) ReadHeader(TraceCmdBytes file, ulong offset, int wanted, string codec)
    {
        file.Seek(offset, "a section");
        ushort id = file.Word16("a section's number");
        if (id != wanted) throw file.RefusalAt((long)offset, $"found section {id} where section {wanted} is said to be. The file is damaged; copy it again");
        bool isCompressed = (file.Word16("a section's flags") & CompressedFlag) != 0;
        if (isCompressed && codec == "none") throw file.RefusalAt((long)offset, $"section {id} is compressed in a file that says it is not. The file is damaged; copy it again");
        file.Word32("a section's title");
        return (file.Word64("a section's size"), isCompressed);
    }
}
