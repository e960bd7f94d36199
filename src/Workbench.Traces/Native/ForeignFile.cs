namespace Workbench.Traces.Native;

/// <summary>What a file that is no .dmat looks like, for the message that says so.</summary>
internal static class ForeignFile
{
    /// <summary>A phrase such as "an xz file", from the first bytes of a file.</summary>
    public static string Describe(ReadOnlySpan<byte> start) => start switch
    {
        [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..] => "an xz file",
        [0x1F, 0x8B, ..] => "a gzip file",
        [0x28, 0xB5, 0x2F, 0xFD, ..] => "a zstd file",
        [(byte)'B', (byte)'Z', (byte)'h', ..] => "a bzip2 file",
        [0x17, 0x08, 0x44, ..] => "a trace-cmd file (trace.dat)",
        _ when start.StartsWith("PERFILE2"u8) => "a perf.data file",
        _ when start.StartsWith("PAR1"u8) => "a Parquet file",
        _ when start.StartsWith("ARROW1"u8) => "an Arrow file",
        _ when start.StartsWith("PK\u0003\u0004"u8) => "a zip file",
        _ when IsText(start) => "a text file",
        _ => "a file of unknown kind",
    };

    private static bool IsText(ReadOnlySpan<byte> start)
    {
        foreach (byte b in start)
        {
            if (b is < 0x20 and not ((byte)'\t' or (byte)'\n' or (byte)'\r') or 0x7F) return false;
        }
        return true;
    }
}
