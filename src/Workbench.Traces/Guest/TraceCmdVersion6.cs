namespace Workbench.Traces.Guest;

/// <summary>Version 6: every table in a fixed order, then the CPUs' pages, nothing compressed.</summary>
internal static class TraceCmdVersion6
{
    private const int KindBytes = 10;

    /// <summary>Reads what follows the first header.</summary>
    public static void Read(TraceCmdBytes file, TraceCmdContents contents)
    {
        contents.ReadHeaders(file);
        contents.ReadFtraceFormats(file);
        contents.ReadEventFormats(file);
        file.Skip(file.Word32("the size of kallsyms"), "kallsyms");
        file.Skip(file.Word32("the size of the printk formats"), "the printk formats");
        file.Skip(file.Word64("the size of the command lines"), "the command lines");
        uint cpus = file.Word32("the number of CPUs");

        long at = file.Position;
        byte[] kind = file.Take(KindBytes, "the kind of the data");
        if (kind.AsSpan().SequenceEqual("options  \0"u8))
        {
            ReadOptions(file, contents);
            at = file.Position;
            kind = file.Take(KindBytes, "the kind of the data");
        }
        if (kind.AsSpan().SequenceEqual("latency  \0"u8)) throw file.RefusalAt(at, "a latency trace holds text, not events; only flyrecord is supported. Feed the text of trace-cmd report instead");
        if (!kind.AsSpan().SequenceEqual("flyrecord\0"u8)) throw file.RefusalAt(at, $"found {Excerpt.Of(kind)} where \"options\", \"latency\" or \"flyrecord\" must stand. The file is damaged; copy it again");
        for (uint cpu = 0; cpu < cpus; cpu++)
        {
            ulong offset = file.Word64("a CPU's offset");
            contents.AddCpu(file, new((int)cpu, offset, file.Word64("a CPU's size"), IsCompressed: false));
        }
    }

    private static void ReadOptions(TraceCmdBytes file, TraceCmdContents contents)
    {
        while (file.Word16("an option's number") is var option and not TraceCmdOptions.Done)
        {
            uint size = file.Word32("an option's size");
            if (option == TraceCmdOptions.Buffer) throw file.Refusal("trace instances (trace-cmd record -B) are not supported in version 6. Convert the file with trace-cmd convert --file-version 7");
            TraceCmdOptions.Apply(option, file.Take(size, "an option"), contents.Clock, file);
        }
    }
}
