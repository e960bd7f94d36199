using System.Text;

namespace Workbench.Traces.Guest;

/// <summary>Reads the tables of a trace.dat. Layout: the manual pages trace-cmd.dat.v6(5) and trace-cmd.dat.v7(5).</summary>
internal static class TraceCmdContainer
{
    private const byte LittleEndian = 0;
    private const byte LongBytes = 8;

    /// <summary>What every file begins with.</summary>
    public static ReadOnlySpan<byte> Magic => [0x17, 0x08, 0x44, (byte)'t', (byte)'r', (byte)'a', (byte)'c', (byte)'i', (byte)'n', (byte)'g'];

    /// <summary>Reads everything but the recorded pages.</summary>
    public static TraceCmdContents Read(TraceCmdBytes file)
    {
        file.Literal(Magic, "the magic");
        long at = file.Position;
        string version = file.Text("the version");
        if (version is not ("6" or "7")) throw file.RefusalAt(at, $"trace.dat version {Excerpt.Of(Encoding.Latin1.GetBytes(version))}; supported are 6 and 7. Convert it with trace-cmd convert");
        at = file.Position;
        byte endianness = file.Byte("the endianness");
        if (endianness != LittleEndian) throw file.RefusalAt(at, $"endianness {endianness}: big endian is not supported, only 0 (little endian). Feed the text of trace-cmd report instead");
        at = file.Position;
        byte longBytes = file.Byte("the size of a long");
        if (longBytes != LongBytes) throw file.RefusalAt(at, $"a long of {longBytes} bytes: only 64-bit machines (8) are supported. Feed the text of trace-cmd report instead");
        file.Word32("the page size");

        TraceCmdContents contents = new();
        if (version == "6") TraceCmdVersion6.Read(file, contents);
        else TraceCmdVersion7.Read(file, contents);
        contents.Validate(file);
        return contents;
    }
}
