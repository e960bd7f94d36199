using System.Text;
using Workbench.Traces.Text;

namespace Workbench.Traces.Guest;

/// <summary>The layout of one event's records, from the format file the kernel wrote for it.</summary>
internal sealed class KernelEventFormat
{
    private const int TypeBytes = 2;
    private const int ThreadOffset = 4;
    private const int ThreadBytes = 4;

    private readonly List<KernelField> fields = [];

    private KernelEventFormat(string group) => Group = group;

    /// <summary>The bytes every record begins with: its type, flags, and thread.</summary>
    public const int CommonBytes = ThreadOffset + ThreadBytes;

    /// <summary>The event's group.</summary>
    public string Group { get; }
    /// <summary>The event's name.</summary>
    public string Name { get; private set; } = "";
    /// <summary>What its records begin with.</summary>
    public int Id { get; private set; } = -1;
    /// <summary>What the event states.</summary>
    public GuestStatement Statement { get; private set; }

    /// <summary>Reads a format file; null for events that state nothing guest events have a word for. <paramref name="problem"/> is null unless the file cannot be understood.</summary>
    public static KernelEventFormat? Parse(string group, ReadOnlySpan<byte> text, out string? problem)
    {
        KernelEventFormat format = new(group);
        problem = null;
        foreach (Range range in text.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = text[range].TrimEnd((byte)'\r');
            if (line.StartsWith("print fmt:"u8)) break;
            if (!format.TryTake(line)) problem ??= $"{Excerpt.Of(line)} is no line of an event format";
        }
        format.Statement = GuestStatements.Of(Encoding.Latin1.GetBytes(group), Encoding.Latin1.GetBytes(format.Name));
        if (format.Statement == GuestStatement.None)
        {
            problem = null;
            return null;
        }
        if (format.Id is < 0 or > ushort.MaxValue) problem ??= "no ID from 0 to 65535";
        else if (!format.HasCommon("common_type"u8, 0, TypeBytes) || !format.HasCommon("common_pid"u8, ThreadOffset, ThreadBytes)) problem ??= "common_type is not at 0 with 2 bytes, or common_pid not at 4 with 4";
        return format;
    }

    /// <summary>The field of that name.</summary>
    public KernelField? Find(ReadOnlySpan<byte> name)
    {
        foreach (KernelField field in fields)
        {
            if (name.SequenceEqual(field.Name)) return field;
        }
        return null;
    }

    private bool HasCommon(ReadOnlySpan<byte> name, int offset, int size) => Find(name) is { } field && field.Offset == offset && field.Size == size;

    private bool TryTake(ReadOnlySpan<byte> line)
    {
        ByteParser parser = new(line);
        if (parser.TryLiteral("name: "u8))
        {
            Name = Encoding.Latin1.GetString(parser.Rest);
            return true;
        }
        if (parser.TryLiteral("ID: "u8))
        {
            if (!parser.TryDecimal(out ulong id) || id > ushort.MaxValue) return false;
            Id = (int)id;
            return true;
        }
        if (line.Trim(" \t"u8).IsEmpty || line.StartsWith("format:"u8)) return true;
        if (!KernelField.TryParse(line, out KernelField? field) || field is null) return false;
        fields.Add(field);
        return true;
    }
}
