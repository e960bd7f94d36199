using System.Globalization;
using Workbench.Traces.Text;

namespace Workbench.Traces.Guest;

/// <summary>The fields of an event whose print format trace-cmd could not follow: "[FAILED TO PARSE] name=value name=ARRAY[..] ...".</summary>
internal readonly ref struct PrintedFields : IEventFields
{
    private readonly ReadOnlySpan<byte> text;

    private PrintedFields(ReadOnlySpan<byte> text) => this.text = text;

    /// <summary>Is this payload printed so?</summary>
    public static bool TryOpen(ReadOnlySpan<byte> payload, out PrintedFields fields)
    {
        ReadOnlySpan<byte> notice = "[FAILED TO PARSE]"u8;
        bool isPrinted = payload.StartsWith(notice);
        fields = new(isPrinted ? payload[notice.Length..] : default);
        return isPrinted;
    }

    /// <inheritdoc/>
    public bool TryNumber(ReadOnlySpan<byte> name, out ulong value)
    {
        value = 0;
        if (!TryText(name, out ReadOnlySpan<byte> word)) return false;
        ByteParser parser = new(word);
        if (word.StartsWith("0x"u8)) return parser.TryHex(out value) && parser.Rest.IsEmpty;
        if (!word.StartsWith("-"u8)) return ulong.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        bool fits = long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long negative);
        value = unchecked((ulong)negative);
        return fits;
    }

    /// <inheritdoc/>
    public bool TryText(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> word)
    {
        TryValue(name, out ReadOnlySpan<byte> value);
        return new ByteParser(value).TryToken(out word);
    }

    /// <inheritdoc/>
    public bool TryArray(ReadOnlySpan<byte> name, out FieldArray array)
    {
        array = default;
        if (!TryValue(name, out ReadOnlySpan<byte> value) || !value.StartsWith("ARRAY["u8)) return false;
        int close = value.IndexOf((byte)']');
        return close >= 0 && FieldArray.TryOfText(value["ARRAY["u8.Length..close], out array);
    }

    private bool TryValue(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        int from = 0;
        while (text[from..].IndexOf(name) is var at and >= 0)
        {
            int start = from + at;
            from = start + name.Length;
            if (start == 0 || text[start - 1] != ' ' || !text[from..].StartsWith("="u8)) continue;
            value = text[(from + 1)..];
            return true;
        }
        value = default;
        return false;
    }
}
