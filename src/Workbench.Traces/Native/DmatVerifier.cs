namespace Workbench.Traces.Native;

/// <summary>Checks every byte of a .dmat file: header, each block's checksum and contents, footer, and that they agree.</summary>
public static class DmatVerifier
{
    /// <summary>Reads the whole file and reports what is wrong with it. A file that is no .dmat at all is a <see cref="TraceFormatException"/>.</summary>
    /// <param name="stream">The file; it must seek and stays open.</param>
    /// <param name="name">The name used in messages.</param>
    public static DmatVerification Verify(Stream stream, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(name);
        if (!stream.CanSeek || !stream.CanRead) throw new ArgumentException("A trace is verified on a stream that can seek; copy a pipe to a file first.", nameof(stream));
        List<DmatProblem> problems = [];
        DmatHeader header = ReadHeader(stream, name, problems);
        string? footerProblem = DmatFooter.Read(stream, header.Capacity, out DmatFooter? footer);
        long end = footer?.Offset ?? stream.Length;
        BlockSource source = new(stream, header.Capacity);
        List<BlockGap> gaps = [];
        List<DmatBlock> blocks = source.Walk(end, gaps);
        foreach (BlockGap gap in gaps) problems.Add(new(gap.Offset, $"{gap.Bytes} bytes after {gap.BlocksBefore} good blocks ({gap.EventsBefore} events) are no good block: {gap.Problem}"));

        using BlockDecoder decoder = new();
        long[] counts = new long[16];
        int bad = gaps.Count, good = 0;
        long events = 0;
        foreach (DmatBlock block in blocks)
        {
            if (DecodingProblem(source, decoder, block, end, counts) is { } problem)
            {
                bad++;
                problems.Add(new(block.FileOffset, $"block of events {block.FirstEvent} to {block.FirstEvent + block.EventCount - 1}: {problem}"));
                continue;
            }
            good++;
            events += block.EventCount;
        }
        DmatFooterState state = footer is not null ? DmatFooterState.Good
            : footerProblem == "there is no trailer" ? DmatFooterState.Missing : DmatFooterState.Damaged;
        if (footerProblem is not null) problems.Add(new(stream.Length, footerProblem));
        else if (footer is not null && bad == 0 && (!footer.Blocks.AsSpan().SequenceEqual(blocks.ToArray()) || !footer.KindCounts.AsSpan().SequenceEqual(counts)))
        {
            state = DmatFooterState.Damaged;
            problems.Add(new(footer.Offset, "the footer's index or counts disagree with the blocks"));
        }
        problems.Sort(static (a, b) => a.Offset.CompareTo(b.Offset));
        return new() { Name = name, FileBytes = stream.Length, GoodBlocks = good, BadBlocks = bad, Events = events, Footer = state, Problems = problems };
    }

    private static DmatHeader ReadHeader(Stream stream, string name, List<DmatProblem> problems)
    {
        try
        {
            return DmatHeader.Read(stream, name, skipBad: false);
        }
        catch (TraceFormatException wrong)
        {
            DmatHeader header = DmatHeader.Read(stream, name, skipBad: true);
            problems.Add(new(0, wrong.Message));
            return header;
        }
    }

    private static string? DecodingProblem(BlockSource source, BlockDecoder decoder, in DmatBlock block, long end, long[] counts)
    {
        Span<TraceEvent> events = new TraceEvent[1024];
        Span<long> lines = new long[1024];
        try
        {
            if (source.Fetch(block.FileOffset, end, out BlockHeader header) is { } problem) return problem;
            decoder.Load(source.Bytes(header), header);
            while (decoder.Left > 0)
            {
                int count = decoder.Decode(events, lines);
                foreach (ref readonly TraceEvent e in events[..count]) counts[(int)e.Kind]++;
            }
            return null;
        }
        catch (InvalidDataException wrong)
        {
            return wrong.Message;
        }
    }
}
