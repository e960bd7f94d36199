using CsCheck;
using Workbench.Traces.Guest;
using Xunit;
using Records = Workbench.Traces.Tests.Guest.RingBufferPageBuilder.Records;

namespace Workbench.Traces.Tests.Guest;

/// <summary>Whatever the bytes, a reader ends in time and lets nothing but <see cref="TraceFormatException"/> out.</summary>
public class HostileInputTests
{
    private const int Samples = 3000;
    private static readonly ulong[] Absurd = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, ulong.MaxValue >> 1, ulong.MaxValue];

    private static readonly byte[][] Sound =
    [
        .. Recordings.ExcerptNames.Select(name => Recordings.Excerpt(name)[..8000]),
        Binary("6"), Binary("7 none"), Binary("7 zstd"),
    ];

    [Fact]
    public void Random_bytes_are_read_or_refused_by_every_reader() =>
        Gen.Byte.Array[0, 2000].Sample(ReadWithAll, iter: Samples);

    [Fact]
    public void Random_bytes_behind_a_sound_beginning_are_read_or_refused_by_every_reader() =>
        Gen.Select(Gen.Int[0, Sound.Length - 1], Gen.Int[0, 3000], Gen.Byte.Array[0, 300]).Sample((which, kept, tail) =>
            ReadWithAll([.. Sound[which][..Math.Min(kept, Sound[which].Length)], .. tail]), iter: Samples);

    [Fact]
    public void Sound_recordings_with_bytes_changed_are_read_or_refused_by_every_reader() =>
        Gen.Select(Gen.Int[0, Sound.Length - 1], Gen.Select(Gen.Int[0, int.MaxValue], Gen.Byte).Array[1, 12]).Sample((which, changes) =>
        {
            byte[] bytes = [.. Sound[which]];
            foreach ((int at, byte value) in changes) bytes[at % bytes.Length] = value;
            ReadWithAll(bytes);
        }, iter: Samples);

    [Fact]
    public void Sound_recordings_with_words_made_absurd_are_read_or_refused_by_every_reader() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, int.MaxValue], Gen.Int[0, Absurd.Length - 1].Select(i => Absurd[i])).Sample((which, at, value) =>
        {
            byte[] bytes = [.. Sound[^(which + 1)]];
            BitConverter.GetBytes(value).CopyTo(bytes, at % (bytes.Length - 8));
            ReadWithAll(bytes);
        }, iter: Samples);

    private static byte[] Binary(string layout) => TraceCmdDatReaderTests.Build(layout, builder => builder
        .Option(4, "[mono]\0"u8.ToArray())
        .Add(0, new RingBufferPageBuilder(1000).Record(0, Records.Map(1, 0x1000, 0x5000, 4096)).TimeExtend(1 << 28).Record(20, Records.Unmap(1, 0x1000, 4096, 4096)))
        .Add(1, new RingBufferPageBuilder(1000).Discarded(1, 8).Record(1, Records.Mark(1, "mark")).EndPadding())
        .Add(1, new RingBufferPageBuilder(2000).TimeStamp(3000).Record(0, Records.Scatter(7, "0000:00:01.0", 2, [0x5000, 0x9000], [0x10000, 0x20000], [0x1000, 0x2000]))));

    private static void ReadWithAll(byte[] bytes)
    {
        foreach (bool skipBad in (bool[])[false, true])
        {
            ReadToEnd(() => new FtraceTextReader(new MemoryStream(bytes), "x", skipBad));
            ReadToEnd(() => new PerfScriptReader(new MemoryStream(bytes), "x", skipBad));
            ReadToEnd(() => new TraceCmdDatReader(new MemoryStream(bytes), "x", skipBad));
            ReadToEnd(() => GuestEventReaders.Open(new MemoryStream(bytes), "x", skipBad));
        }
    }

    private static void ReadToEnd(Func<IGuestEventReader> open)
    {
        try
        {
            using IGuestEventReader reader = open();
            while (reader.TryRead(out _)) { }
        }
        catch (TraceFormatException)
        {
            // Refused, as it may be.
        }
    }
}
