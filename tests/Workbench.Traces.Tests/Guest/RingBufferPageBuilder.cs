using System.Buffers.Binary;
using System.Text;

namespace Workbench.Traces.Tests.Guest;

/// <summary>Writes one ring-buffer page of 256 bytes as the kernel does.</summary>
internal sealed class RingBufferPageBuilder(ulong stamp)
{
    public const int PageBytes = 256;
    public const ulong Missed = 1UL << 31;
    public const ulong MissedStored = 1UL << 30;

    private readonly List<byte> data = [];

    /// <summary>Replaces the length word's upper bits, or all of it.</summary>
    public ulong CommitFlags { get; init; }
    public ulong? Commit { get; init; }

    public RingBufferPageBuilder Record(uint delta, byte[] record)
    {
        byte[] padded = [.. record, .. new byte[-record.Length & 3]];
        if (padded.Length <= 28 * 4) return Raw((uint)(padded.Length / 4) | (delta << 5)).Bytes(padded);
        return LongRecord(delta, record);
    }

    public RingBufferPageBuilder LongRecord(uint delta, byte[] record) =>
        Raw(delta << 5).Raw((uint)record.Length + 4).Bytes([.. record, .. new byte[-record.Length & 3]]);

    public RingBufferPageBuilder TimeExtend(ulong delta) => Raw(30 | ((uint)(delta & ((1 << 27) - 1)) << 5)).Raw((uint)(delta >> 27));

    public RingBufferPageBuilder TimeStamp(ulong stamp59) => Raw(31 | ((uint)(stamp59 & ((1 << 27) - 1)) << 5)).Raw((uint)(stamp59 >> 27));

    public RingBufferPageBuilder Discarded(uint delta, int bytes) => Raw(29 | (delta << 5)).Raw((uint)bytes + 4).Bytes(new byte[bytes]);

    public RingBufferPageBuilder EndPadding() => Raw(29);

    public RingBufferPageBuilder Raw(uint word)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, word);
        return Bytes(bytes);
    }

    public byte[] Build()
    {
        byte[] page = new byte[PageBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(page, stamp);
        BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(8), Commit ?? ((uint)data.Count | CommitFlags));
        data.CopyTo(page, 16);
        return page;
    }

    private RingBufferPageBuilder Bytes(byte[] bytes)
    {
        data.AddRange(bytes);
        return this;
    }

    /// <summary>Records of the formats in <see cref="TraceCmdFileBuilder"/>.</summary>
    public static class Records
    {
        public static byte[] Map(int thread, ulong iova, ulong physical, ulong size) => [.. Common(TraceCmdFileBuilder.MapId, thread), .. Words(iova, physical, size)];

        public static byte[] Unmap(int thread, ulong iova, ulong size, ulong unmapped) => [.. Common(TraceCmdFileBuilder.UnmapId, thread), .. Words(iova, size, unmapped)];

        public static byte[] Mark(int thread, string text) => [.. Common(TraceCmdFileBuilder.PrintId, thread), .. Words(0), .. Encoding.UTF8.GetBytes(text), 0];

        public static byte[] Other(int thread) => [.. Common(TraceCmdFileBuilder.SwitchId, thread)];

        public static byte[] Scatter(int thread, string device, uint direction, ulong[] physicals, ulong[] iovas, uint[] lengths)
        {
            byte[] name = [.. Encoding.ASCII.GetBytes(device), 0];
            byte[] lengthBytes = [.. lengths.SelectMany(BitConverter.GetBytes)];
            int at = 32;
            uint nameLocation = Location(ref at, name.Length);
            uint physicalLocation = Location(ref at, physicals.Length * 8);
            uint iovaLocation = Location(ref at, iovas.Length * 8);
            uint lengthLocation = Location(ref at, lengthBytes.Length);
            return [.. Common(TraceCmdFileBuilder.MapScatterId, thread), .. new[] { nameLocation, 0u, physicalLocation, iovaLocation, lengthLocation, direction }.SelectMany(BitConverter.GetBytes),
                .. name, .. Words(physicals), .. Words(iovas), .. lengthBytes];
        }

        private static uint Location(ref int at, int bytes)
        {
            uint location = ((uint)bytes << 16) | (uint)at;
            at += bytes;
            return location;
        }

        private static byte[] Common(int id, int thread) => [.. BitConverter.GetBytes((ushort)id), 0, 0, .. BitConverter.GetBytes(thread)];

        private static byte[] Words(params ulong[] words) => [.. words.SelectMany(BitConverter.GetBytes)];
    }
}
