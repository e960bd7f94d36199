using System.Text;
using ZstdSharp;

namespace Workbench.Traces.Tests.Guest;

/// <summary>Writes a trace.dat small enough to cut at every byte.</summary>
internal sealed class TraceCmdFileBuilder
{
    public const int PrintId = 5;
    public const int SwitchId = 300;
    public const int MapId = 1265;
    public const int UnmapId = 1264;
    public const int MapScatterId = 1300;

    private const string Common = "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n";

    private readonly List<byte> file = [];
    private readonly SortedDictionary<int, List<byte[]>> pages = [];
    private readonly List<(ushort Id, byte[] Data)> options = [];

    public string HeaderPage { get; init; } = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n\tfield: char data;\toffset:16;\tsize:240;\tsigned:0;\n";
    public string HeaderEvent { get; init; } = "# compressed entry header\n\ttype_len    :    5 bits\n\n\tpadding     : type == 29\n\ttime_extend : type == 30\n\ttime_stamp : type == 31\n";
    public string MapFields { get; init; } = "\tfield:u64 iova;\toffset:8;\tsize:8;\tsigned:0;\n\tfield:u64 paddr;\toffset:16;\tsize:8;\tsigned:0;\n\tfield:size_t size;\toffset:24;\tsize:8;\tsigned:0;\n";
    public byte Endianness { get; init; }
    public byte LongBytes { get; init; } = 8;
    public string DataKind { get; init; } = "flyrecord\0";
    public string Codec { get; init; } = "zstd";
    public string Clock { get; init; } = "mono";
    public bool StatesPageBytes { get; init; } = true;

    public TraceCmdFileBuilder Add(int cpu, RingBufferPageBuilder page)
    {
        if (!pages.TryGetValue(cpu, out List<byte[]>? list)) pages[cpu] = list = [];
        list.Add(page.Build());
        return this;
    }

    public TraceCmdFileBuilder Option(ushort id, byte[] data)
    {
        options.Add((id, data));
        return this;
    }

    public byte[] BuildVersion6()
    {
        Begin("6");
        Put(Headers());
        Put(FtraceFormats());
        Put(EventFormats());
        Put(Counted32("0 A a_symbol\n"));
        Put(Counted32(""));
        Put(BitConverter.GetBytes(4UL), "1 a\n"u8.ToArray());
        int cpus = pages.Count == 0 ? 1 : pages.Keys.Max() + 1;
        Put(BitConverter.GetBytes(cpus));
        if (options.Count > 0)
        {
            Put("options  \0"u8.ToArray());
            foreach ((ushort id, byte[] data) in options) Put(BitConverter.GetBytes(id), BitConverter.GetBytes(data.Length), data);
            Put(new byte[2]);
        }
        Put(Encoding.ASCII.GetBytes(DataKind));
        long offset = (long)file.Count + (cpus * 16);
        for (int cpu = 0; cpu < cpus; cpu++)
        {
            long bytes = PagesOf(cpu).Length;
            Put(BitConverter.GetBytes(offset), BitConverter.GetBytes(bytes));
            offset += bytes;
        }
        for (int cpu = 0; cpu < cpus; cpu++) Put(PagesOf(cpu));
        return file.ToArray();
    }

    public byte[] BuildVersion7()
    {
        Begin("7");
        Put(Encoding.ASCII.GetBytes(Codec + "\0" + "1.0\0"));
        long optionsPointer = (long)file.Count;
        Put(new byte[8]);
        long headers = Section(16, Headers());
        long ftraceFormats = Section(17, FtraceFormats());
        long eventFormats = Section(18, EventFormats());
        List<(ushort Id, byte[] Data)> first = [(16, BitConverter.GetBytes(headers)), (17, BitConverter.GetBytes(ftraceFormats)), (18, BitConverter.GetBytes(eventFormats)), .. options];
        long buffer = (long)file.Count;
        byte[] extents = Buffer();
        byte[] described = [.. BitConverter.GetBytes(buffer), 0, .. Encoding.ASCII.GetBytes(Clock), 0, .. StatesPageBytes ? BitConverter.GetBytes(RingBufferPageBuilder.PageBytes) : [], .. BitConverter.GetBytes(pages.Count), .. extents];
        long second = Section(0, OptionBytes([(3, described)], 0), mayPack: false);
        long firstAt = Section(0, OptionBytes(first, second));
        byte[] all = file.ToArray();
        BitConverter.GetBytes(firstAt).CopyTo(all, (int)optionsPointer);
        return all;
    }

    private void Begin(string version)
    {
        Put([0x17, 0x08, 0x44], Encoding.ASCII.GetBytes("tracing" + version + "\0"), [Endianness, LongBytes], BitConverter.GetBytes(RingBufferPageBuilder.PageBytes));
    }

    private byte[] Headers() => [.. "header_page\0"u8, .. Counted64(HeaderPage), .. "header_event\0"u8, .. Counted64(HeaderEvent)];

    private static byte[] FtraceFormats() =>
        [.. BitConverter.GetBytes(1), .. Counted64($"name: print\nID: {PrintId}\nformat:\n{Common}\tfield:unsigned long ip;\toffset:8;\tsize:8;\tsigned:0;\n\tfield:char buf[];\toffset:16;\tsize:0;\tsigned:0;\n\nprint fmt: \"%ps: %s\", (void *)REC->ip, REC->buf\n")];

    private byte[] EventFormats() =>
        [.. BitConverter.GetBytes(3),
            .. "iommu\0"u8, .. BitConverter.GetBytes(2),
            .. Counted64($"name: map\nID: {MapId}\nformat:\n{Common}{MapFields}\nprint fmt: \"\"\n"),
            .. Counted64($"name: unmap\nID: {UnmapId}\nformat:\n{Common}\tfield:u64 iova;\toffset:8;\tsize:8;\tsigned:0;\n\tfield:size_t size;\toffset:16;\tsize:8;\tsigned:0;\n\tfield:size_t unmapped_size;\toffset:24;\tsize:8;\tsigned:0;\n\nprint fmt: \"\"\n"),
            .. "dma\0"u8, .. BitConverter.GetBytes(1),
            .. Counted64($"name: dma_map_sg\nID: {MapScatterId}\nformat:\n{Common}\tfield:__data_loc char[] device;\toffset:8;\tsize:4;\tsigned:0;\n\tfield:bool truncated;\toffset:12;\tsize:1;\tsigned:0;\n\tfield:__data_loc u64[] phys_addrs;\toffset:16;\tsize:4;\tsigned:0;\n\tfield:__data_loc u64[] dma_addrs;\toffset:20;\tsize:4;\tsigned:0;\n\tfield:__data_loc unsigned int[] lengths;\toffset:24;\tsize:4;\tsigned:0;\n\tfield:enum dma_data_direction dir;\toffset:28;\tsize:4;\tsigned:0;\n\nprint fmt: \"\"\n"),
            .. "sched\0"u8, .. BitConverter.GetBytes(1),
            .. Counted64($"name: sched_switch\nID: {SwitchId}\nformat:\n{Common}\nprint fmt: \"\"\n")];

    private byte[] Buffer()
    {
        List<byte> extents = [];
        bool isPacked = Codec != "none";
        long size = pages.Keys.Sum(cpu => (long)Stored(cpu, isPacked).Length);
        Put(BitConverter.GetBytes((ushort)3), BitConverter.GetBytes((ushort)(isPacked ? 1 : 0)), new byte[4], BitConverter.GetBytes(size));
        foreach (int cpu in pages.Keys)
        {
            byte[] stored = Stored(cpu, isPacked);
            extents.AddRange([.. BitConverter.GetBytes(cpu), .. BitConverter.GetBytes((long)file.Count), .. BitConverter.GetBytes((long)stored.Length)]);
            Put(stored);
        }
        return [.. extents];
    }

    // One chunk for each page, so that even tiny files have several.
    private byte[] Stored(int cpu, bool isPacked)
    {
        if (!isPacked) return PagesOf(cpu);
        List<byte> chunks = [.. BitConverter.GetBytes(pages[cpu].Count)];
        foreach (byte[] page in pages[cpu])
        {
            byte[] packed = Pack(page);
            chunks.AddRange([.. BitConverter.GetBytes(packed.Length), .. BitConverter.GetBytes(page.Length), .. packed]);
        }
        return [.. chunks];
    }

    private byte[] PagesOf(int cpu) => pages.TryGetValue(cpu, out List<byte[]>? list) ? [.. list.SelectMany(page => page)] : [];

    private long Section(ushort id, byte[] body, bool mayPack = true)
    {
        long at = (long)file.Count;
        bool isPacked = mayPack && Codec == "zstd";
        byte[] packed = isPacked ? Pack(body) : [];
        byte[] stored = isPacked ? [.. BitConverter.GetBytes(packed.Length), .. BitConverter.GetBytes(body.Length), .. packed] : body;
        Put(BitConverter.GetBytes(id), BitConverter.GetBytes((ushort)(isPacked ? 1 : 0)), new byte[4], BitConverter.GetBytes((long)stored.Length), stored);
        return at;
    }

    private static byte[] OptionBytes(List<(ushort Id, byte[] Data)> list, long next) =>
        [.. list.Append(((ushort)0, BitConverter.GetBytes(next))).SelectMany(option => (byte[])[.. BitConverter.GetBytes(option.Item1), .. BitConverter.GetBytes(option.Item2.Length), .. option.Item2])];

    private static byte[] Pack(byte[] bytes)
    {
        using Compressor compressor = new();
        return compressor.Wrap(bytes).ToArray();
    }

    private static byte[] Counted64(string text) => [.. BitConverter.GetBytes((long)text.Length), .. Encoding.ASCII.GetBytes(text)];

    private static byte[] Counted32(string text) => [.. BitConverter.GetBytes(text.Length), .. Encoding.ASCII.GetBytes(text)];

    private void Put(params byte[][] parts)
    {
        foreach (byte[] part in parts) file.AddRange(part);
    }
}
