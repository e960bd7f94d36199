using System.Buffers.Text;
using System.Text;
using Workbench.Iommu;
using Workbench.Traces.Exporters;
using Workbench.Traces.Native;

namespace Workbench.Traces.Importers.Csv;

/// <summary>Takes one line of CSV apart.</summary>
internal sealed class CsvEventParser
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, true);

    /// <summary>Why the last line was refused: a phrase that begins with the column.</summary>
    public string Problem { get; private set; } = "";

    /// <summary>Parses a line; <paramref name="text"/> is null unless the event is a mark.</summary>
    public bool TryParse(ReadOnlySpan<byte> line, out TraceEvent e, out long sourceLine, out string? text)
    {
        e = default;
        sourceLine = 0;
        text = null;
        if (!Column(ref line, "time_ns", out ReadOnlySpan<byte> field) || !Signed("time_ns", field, out long time)) return false;
        if (!Column(ref line, "kind", out field) || !Kind(field, out EventKind kind)) return false;
        if (!Column(ref line, "device", out field) || !Device(field, kind, out RequesterId device)) return false;
        if (!Column(ref line, "pasid", out field) || !Optional("pasid", field, out ulong pasid)) return false;
        if (!field.IsEmpty && pasid > Pasid.MaxValue) return Refuse("pasid", field, "a number up to 1048575, or nothing");
        uint pasidOrNone = field.IsEmpty ? TraceEvent.NoPasid : (uint)pasid;
        if (!Column(ref line, "iova", out field) || !Optional("iova", field, out ulong iova)) return false;
        if (field.IsEmpty == EventRules.HasIova(kind)) return Refuse("iova", field, $"{(field.IsEmpty ? "an address" : "nothing")} for {kind}");
        if (!Column(ref line, "length", out field) || !Optional("length", field, out ulong length)) return false;
        if (length == 0 && EventRules.HasIova(kind)) return Refuse("length", field, $"at least 1 byte for {kind}");
        if (!Column(ref line, "target", out field) || !Optional("target", field, out ulong target)) return false;
        bool wantsTarget = EventRules.HasTarget(kind) && kind != EventKind.Mark;
        if (field.IsEmpty == wantsTarget) return Refuse("target", field, $"{(wantsTarget ? "an address or domain" : "nothing")} for {kind}");
        if (EventRules.HasDomain(kind) && target > ushort.MaxValue) return Refuse("target", field, "a domain up to 65535");
        if (!Column(ref line, "flags", out field) || !Optional("flags", field, out ulong flags)) return false;
        if (field.IsEmpty || flags > byte.MaxValue) return Refuse("flags", field, "a number from 0 to 255");
        if (!TextColumn(ref line, out ReadOnlySpan<byte> escaped)) return false;
        if (kind == EventKind.Mark)
        {
            if ((text = Unescape(escaped)) is null) return Refuse("text", escaped, "UTF-8 of at most 65,535 bytes with the escapes \\\\, \\n and \\r");
        }
        else if (!escaped.IsEmpty)
        {
            return Refuse("text", escaped, $"nothing for {kind}");
        }
        if (!line.IsEmpty && !Signed("line", line, out sourceLine)) return false;
        e = new() { TimeNs = time, Kind = kind, Device = device, PasidOrNone = pasidOrNone, Iova = iova, Length = length, Target = target, Flags = (EventFlags)flags };
        return true;
    }

    /// <summary>At most 60 bytes of a field, fit for a message.</summary>
    public static string Quote(ReadOnlySpan<byte> field) => Encoding.UTF8.GetString(field[..Math.Min(field.Length, 60)]) + (field.Length > 60 ? "..." : "");

    private bool Refuse(string column, ReadOnlySpan<byte> found, string allowed)
    {
        Problem = $"column {column}: found '{Quote(found)}', allowed is {allowed}";
        return false;
    }

    private bool Column(ref ReadOnlySpan<byte> line, string column, out ReadOnlySpan<byte> field)
    {
        int comma = line.IndexOf((byte)',');
        field = line[..Math.Max(comma, 0)];
        if (comma < 0)
        {
            Problem = $"column {column}: the line ends after '{Quote(line)}'; a line has ten columns";
            return false;
        }
        line = line[(comma + 1)..];
        return true;
    }

    private bool TextColumn(ref ReadOnlySpan<byte> line, out ReadOnlySpan<byte> text)
    {
        if (line.IsEmpty || line[0] != (byte)'"') return Column(ref line, "text", out text);
        int end = 1;
        while (true)
        {
            int quote = line[end..].IndexOf((byte)'"');
            text = line;
            if (quote < 0) return Refuse("text", line, "a text that ends with a quote");
            end += quote + 1;
            if (end == line.Length) return Refuse("text", line, "a column after it");
            if (line[end] != (byte)'"') break;
            end++;
        }
        text = line[..end];
        if (line[end] != (byte)',') return Refuse("text", line, "a comma after the closing quote");
        line = line[(end + 1)..];
        return true;
    }

    private bool Signed(string column, ReadOnlySpan<byte> field, out long value) =>
        (Utf8Parser.TryParse(field, out value, out int used) && used == field.Length) || Refuse(column, field, "a whole number of 64 bits with sign");

    /// <summary>A number, decimal or with 0x; 0 for nothing.</summary>
    private bool Optional(string column, ReadOnlySpan<byte> field, out ulong value)
    {
        value = 0;
        if (field.IsEmpty) return true;
        bool taken = field.StartsWith("0x"u8)
            ? Utf8Parser.TryParse(field[2..], out value, out int used, 'x') && used == field.Length - 2
            : Utf8Parser.TryParse(field, out value, out used) && used == field.Length;
        return taken || Refuse(column, field, "a number below 2^64, decimal or with 0x");
    }

    private bool Kind(ReadOnlySpan<byte> field, out EventKind kind)
    {
        for (kind = EventKind.Map; kind <= EventKind.Translate; kind++)
        {
            if (field.SequenceEqual(CsvTraceWriter.NameOf(kind))) return true;
        }
        return Refuse("kind", field, "Map, Unmap, Read, Write, InvalidateRange, InvalidateDomain, InvalidateAll, Mark, Attach or Translate");
    }

    private bool Device(ReadOnlySpan<byte> field, EventKind kind, out RequesterId device)
    {
        device = default;
        if (field.IsEmpty && !CsvTraceWriter.HasDevice(kind)) return true;
        Span<char> text = stackalloc char[16];
        return (field.Length <= text.Length && Encoding.ASCII.TryGetChars(field, text, out int chars) && RequesterId.TryParse(text[..chars], out device))
            || Refuse("device", field, "a PCI function such as 00:01.0");
    }

    private static string? Unescape(ReadOnlySpan<byte> field)
    {
        bool quoted = !field.IsEmpty && field[0] == (byte)'"';
        if (quoted) field = field[1..^1];
        byte[] bytes = new byte[field.Length];
        int count = 0;
        for (int i = 0; i < field.Length; i++)
        {
            byte b = field[i];
            // A quote within quotes is always one of a pair.
            if (quoted && b == (byte)'"') i++;
            if (b == (byte)'\\')
            {
                if (++i == field.Length) return null;
                b = field[i] switch { (byte)'\\' => (byte)'\\', (byte)'n' => (byte)'\n', (byte)'r' => (byte)'\r', _ => 0 };
                if (b == 0) return null;
            }
            bytes[count++] = b;
        }
        if (count > DmatLayout.MaxTextBytes) return null;
        try
        {
            return StrictUtf8.GetString(bytes, 0, count);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
