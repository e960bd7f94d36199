using CsCheck;
using Workbench.Traces.Native;
using Xunit;

namespace Workbench.Traces.Tests.Native;

public class DmatPassOverTests
{
    [Fact]
    public void Only_whole_blocks_of_accesses_before_the_time_are_passed_over() =>
        Gen.Select(TraceGen.Trace(200), Gen.Int[1, 4], Gen.Int[0, 200]).Sample((trace, capacity, pick) =>
        {
            using DmatReader reader = Dmat.Open(Dmat.Write(trace, capacity, out TraceEvent[] events));
            if (events.Length == 0) return;
            long time = events[pick % events.Length].TimeNs;
            reader.PassOverAccessesBefore(time);
            TraceEvent[][] blocks = [.. events.Chunk(capacity)];
            bool isLeftOut(TraceEvent[] block) => block[^1].TimeNs < time && block.All(e => e.Kind is EventKind.Read or EventKind.Write or EventKind.Translate);
            Assert.Equal(blocks.Where(b => !isLeftOut(b)).SelectMany(b => b), Dmat.ReadAll(reader, 7));
            Assert.Equal(blocks.Where(isLeftOut).Sum(b => b.Length), reader.PassedOver);
            Assert.Equal(events.Length, reader.Position);
        }, iter: 300);

    [Fact]
    public void A_damaged_block_is_damaged_even_if_nobody_needs_its_accesses()
    {
        byte[] file = Dmat.Write(Dmat.Reads(30), 10);
        using DmatReader whole = Dmat.Open(file);
        file[whole.Blocks[1].FileOffset + 60] ^= 1;
        using DmatReader reader = Dmat.Open(file);
        reader.PassOverAccessesBefore(long.MaxValue);
        Assert.Contains("block 1", Assert.Throws<TraceFormatException>(() => Dmat.ReadAll(reader)).Message, StringComparison.Ordinal);
        using DmatReader skipping = Dmat.Open(file, skipBad: true);
        skipping.PassOverAccessesBefore(long.MaxValue);
        Assert.Empty(Dmat.ReadAll(skipping));
        Assert.Equal((20, 10), (skipping.PassedOver, skipping.SkippedEvents));
    }
}
