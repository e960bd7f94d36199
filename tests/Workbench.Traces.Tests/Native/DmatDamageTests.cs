using System.Buffers.Binary;
using System.IO.Hashing;
using CsCheck;
using Workbench.Testing;
using Workbench.Traces.Native;
using Xunit;

namespace Workbench.Traces.Tests.Native;

public class DmatDamageTests
{
    private static string Refused(byte[] file, bool skipBad = false) => Assert.Throws<TraceFormatException>(() =>
    {
        using DmatReader reader = Dmat.Open(file, skipBad);
        Dmat.ReadAll(reader);
    }).Message;

    [Theory]
    [InlineData(new byte[0], "empty")]
    [InlineData(new byte[] { 0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 1, 2, 3 }, "an xz file")]
    [InlineData(new byte[] { 0x1F, 0x8B, 8, 0, 0, 0, 0, 0 }, "a gzip file")]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0, 0, 0, 0 }, "a zstd file")]
    [InlineData(new byte[] { 35, 32, 116, 114, 97, 99, 101, 114, 58, 10 }, "a text file")]
    [InlineData(new byte[] { 1, 2, 3, 4 }, "unknown kind")]
    [InlineData(new byte[] { 68, 77, 65 }, "cut short")]
    public void What_is_no_trace_is_named(byte[] file, string expected)
    {
        Assert.Contains(expected, Refused(file), StringComparison.Ordinal);
        Assert.Contains(expected, Refused(file, skipBad: true), StringComparison.Ordinal);
    }

    [Fact]
    public void A_higher_major_version_is_refused_and_a_higher_minor_is_read()
    {
        byte[] file = Dmat.Write(Dmat.Reads(5));
        file[10] = 9;
        Sign(file.AsSpan(0, 32), 24);
        using (DmatReader reader = Dmat.Open(file)) Assert.Equal(5, Dmat.ReadAll(reader).Count);
        file[8] = 2;
        Sign(file.AsSpan(0, 32), 24);
        Assert.Contains("version 2.9", Refused(file), StringComparison.Ordinal);
        Assert.Contains("version 2.9", Refused(file, skipBad: true), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused_and_its_whole_blocks_can_be_read()
    {
        TraceEvent[] events = Dmat.Reads(50);
        byte[] file = Dmat.Write(events, 10);
        DmatBlock[] blocks;
        using (DmatReader whole = Dmat.Open(file)) blocks = [.. whole.Blocks];
        for (int length = 32; length < file.Length; length++)
        {
            byte[] cut = file[..length];
            Assert.Contains("cut short", Refused(cut), StringComparison.Ordinal);
            using DmatReader reader = Dmat.Open(cut, skipBad: true);
            int kept = blocks.Count(b => b.FileOffset + b.StoredBytes <= length);
            Assert.Equal(events[..(kept * 10)], Dmat.ReadAll(reader));
        }
    }

    [Fact]
    public void A_writer_that_was_not_completed_leaves_blocks_that_can_be_read()
    {
        MemoryStream stream = new();
        using (DmatWriter writer = new(stream, leaveOpen: true)) writer.Append(Dmat.Reads(30));
        Assert.Contains("--skip-bad", Refused(stream.ToArray()), StringComparison.Ordinal);
        using DmatReader reader = Dmat.Open(stream.ToArray(), skipBad: true);
        Assert.Equal(Dmat.Reads(30), Dmat.ReadAll(reader));
        Assert.Equal(DmatFooterState.Missing, Dmat.Verify(stream.ToArray()).Footer);
    }

    [Fact]
    public void A_damaged_block_is_named_and_can_be_skipped()
    {
        TraceEvent[] events = Dmat.Reads(50);
        byte[] file = Dmat.Write(events, 10);
        DmatBlock block;
        using (DmatReader whole = Dmat.Open(file)) block = whole.Blocks[2];
        file[block.FileOffset + block.StoredBytes - 1] ^= 4;
        string message = Refused(file);
        Assert.Contains($"block 2 (byte {block.FileOffset}, events 20 to 29)", message, StringComparison.Ordinal);
        using DmatReader reader = Dmat.Open(file, skipBad: true);
        Assert.Equal([.. events[..20], .. events[30..]], Dmat.ReadAll(reader));
        Assert.Equal((1, 10L, 50L), (reader.SkippedBlocks, reader.SkippedEvents, reader.EventCount));
        reader.SeekToEvent(25);
        Assert.Equal(30, reader.Position);
        DmatVerification report = Dmat.Verify(file);
        Assert.Equal((4, 1, 40L, DmatFooterState.Good), (report.GoodBlocks, report.BadBlocks, report.Events, report.Footer));
        Assert.Equal(block.FileOffset, Assert.Single(report.Problems).Offset);
    }

    [Fact]
    public void Without_a_footer_blocks_are_found_by_their_markers()
    {
        TraceEvent[] events = Dmat.Reads(50);
        byte[] file = Dmat.Write(events, 10);
        DmatBlock block;
        using (DmatReader whole = Dmat.Open(file)) block = whole.Blocks[1];
        file[block.FileOffset] ^= 1;
        file[^50] ^= 1;
        Assert.Contains("footer", Refused(file), StringComparison.Ordinal);
        using DmatReader reader = Dmat.Open(file, skipBad: true);
        Assert.Equal([.. events[..10], .. events[20..]], Dmat.ReadAll(reader));
        Assert.Equal((1, 10L, 40L), (reader.SkippedBlocks, reader.SkippedEvents, reader.EventCount));
    }

    [Fact]
    public void Every_flipped_bit_of_a_file_is_reported()
    {
        byte[] file = Dmat.Write(Dmat.Reads(40), 20);
        Assert.True(Dmat.Verify(file).IsGood);
        for (int bit = 0; bit < file.Length * 8; bit++)
        {
            file[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Dmat.Verify(file).IsGood, $"bit {bit % 8} of byte {bit / 8}");
            file[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Random_damage_gives_the_format_exception_or_the_true_events() =>
        Gen.Select(TraceGen.Trace(120), Gen.Int[1, 50], Gen.Select(Gen.Int[0, 1 << 20], Gen.Byte).Array[1, 5], Gen.Bool, Gen.Int[0, 1 << 20]).Sample((trace, capacity, flips, skipBad, cut) =>
        {
            byte[] file = Dmat.Write(trace, capacity, out TraceEvent[] events);
            foreach ((int at, byte value) in flips) file[at % file.Length] ^= value;
            if (cut % 3 == 0) file = file[..(cut % file.Length)];
            try
            {
                using DmatReader reader = Dmat.Open(file, skipBad);
                HashSet<TraceEvent> known = [.. events];
                Assert.All(Dmat.ReadAll(reader), e => Assert.Contains(e, known));
            }
            catch (TraceFormatException)
            {
            }
        }, iter: 1000);

    [Fact]
    public void Damage_under_a_repaired_checksum_gives_the_format_exception_or_events_in_order() =>
        Gen.Select(TraceGen.Trace(120), Gen.Select(Gen.Int[0, 1 << 20], Gen.Byte).Array[1, 4], Gen.Bool).Sample((trace, flips, skipBad) =>
        {
            byte[] file = Dmat.Write(trace, 65_536, out TraceEvent[] events);
            if (events.Length == 0) return;
            DmatBlock block;
            using (DmatReader whole = Dmat.Open(file)) block = whole.Blocks[0];
            Span<byte> bytes = file.AsSpan((int)block.FileOffset, block.StoredBytes);
            foreach ((int at, byte value) in flips) bytes[DmatLayout.BlockHeaderBytes + (at % (block.StoredBytes - DmatLayout.BlockHeaderBytes))] ^= value;
            ulong checksum = DmatLayout.ChecksumOfBlock(bytes);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[DmatLayout.BlockChecksumAt..], checksum);
            Dmat.Verify(file);
            try
            {
                using DmatReader reader = Dmat.Open(file, skipBad);
                long time = long.MinValue;
                foreach (TraceEvent e in Dmat.ReadAll(reader))
                {
                    Assert.True(e.TimeNs >= time);
                    time = e.TimeNs;
                    if (e.Kind == EventKind.Mark) reader.TextOf(e);
                }
            }
            catch (TraceFormatException)
            {
            }
        }, iter: 1000);

    [Fact]
    public void A_hostile_footer_under_a_repaired_checksum_gives_the_format_exception() =>
        Gen.Select(Gen.Int[0, 1 << 20], Gen.Byte[1, 255], Gen.Bool).Array[1, 4].Sample(flips =>
        {
            byte[] file = Dmat.Write(Dmat.Reads(50), 10);
            long footer = BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(file.Length - 40));
            foreach ((int at, byte value, _) in flips) file[footer + (at % (file.Length - footer))] ^= value;
            if (flips[0].Item3) BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(file.Length - 16), XxHash64.HashToUInt64(file.AsSpan((int)footer, file.Length - 16 - (int)footer)));
            try
            {
                using DmatReader reader = Dmat.Open(file);
                Dmat.ReadAll(reader);
            }
            catch (TraceFormatException)
            {
            }
        }, iter: 2000);

    [Fact]
    public void Random_bytes_give_the_format_exception() =>
        Gen.Select(Gen.Byte.Array[0, 400], Gen.Bool, Gen.Bool).Sample((bytes, magic, skipBad) =>
        {
            if (magic) bytes = [.. DmatLayout.FileHeader(100), .. DmatLayout.BlockMarker, 56, 0, .. bytes];
            try
            {
                using DmatReader reader = Dmat.Open(bytes, skipBad);
                Assert.Empty(Dmat.ReadAll(reader));
            }
            catch (TraceFormatException)
            {
            }
        }, iter: 5000);

    [Theory]
    [InlineData(12)]
    [InlineData(56 + 4)]
    [InlineData(56 + 8)]
    public void A_length_of_four_gigabytes_allocates_nothing_like_it(int at)
    {
        byte[] file = Dmat.Write(Dmat.Reads(40));
        file.AsSpan(32 + at, 4).Fill(0xFF);
        Span<byte> block;
        using (DmatReader whole = Dmat.Open(file)) block = file.AsSpan(32, whole.Blocks[0].StoredBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(block[DmatLayout.BlockChecksumAt..], DmatLayout.ChecksumOfBlock(block));
        AllocationMeter meter = AllocationMeter.Start();
        Refused(file);
        Assert.InRange(meter.Bytes, 0, 4 << 20);
    }

    [Fact]
    public void Unknown_streams_of_a_newer_minor_version_are_skipped()
    {
        byte[] file = Dmat.Write(Dmat.Reads(3));
        using DmatReader whole = Dmat.Open(file);
        DmatBlock block = whole.Blocks[0];
        // Append an empty stream of id 200 to the directory; the payload grows by one entry.
        byte[] longer = [.. file[..(int)block.FileOffset], .. file[32..(32 + 56 + (4 * 12))], 200, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. file[(32 + 56 + (4 * 12))..(32 + block.StoredBytes)]];
        BinaryPrimitives.WriteUInt16LittleEndian(longer.AsSpan(32 + 10), 5);
        BinaryPrimitives.WriteUInt32LittleEndian(longer.AsSpan(32 + 12), (uint)(block.StoredBytes - 56 + 12));
        Span<byte> bytes = longer.AsSpan(32);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[DmatLayout.BlockChecksumAt..], DmatLayout.ChecksumOfBlock(bytes));
        using DmatReader reader = Dmat.Open(longer, skipBad: true);
        Assert.Equal(Dmat.Reads(3), Dmat.ReadAll(reader));
    }

    private static void Sign(Span<byte> header, int at) => BinaryPrimitives.WriteUInt64LittleEndian(header[at..], XxHash64.HashToUInt64(header[..at]));
}
