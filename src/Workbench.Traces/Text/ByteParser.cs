namespace Workbench.Traces.Text;

/// <summary>Cuts tokens and numbers off the front of a line of UTF-8 bytes. Every method returns false, and leaves the rest alone, when the text does not fit.</summary>
public ref struct ByteParser(ReadOnlySpan<byte> text)
{
    /// <summary>What is left.</summary>
    public ReadOnlySpan<byte> Rest { get; private set; } = text;

    /// <summary>Drops leading blanks.</summary>
    public void SkipBlanks()
    {
        int i = 0;
        while (i < Rest.Length && Rest[i] is (byte)' ' or (byte)'\t') i++;
        Rest = Rest[i..];
    }

    /// <summary>Drops a literal text if the rest begins with it.</summary>
    public bool TryLiteral(ReadOnlySpan<byte> literal)
    {
        if (!Rest.StartsWith(literal)) return false;
        Rest = Rest[literal.Length..];
        return true;
    }

    /// <summary>Drops everything up to and including the next occurrence of a literal text.</summary>
    public bool TrySkipPast(ReadOnlySpan<byte> literal)
    {
        int at = Rest.IndexOf(literal);
        if (at < 0) return false;
        Rest = Rest[(at + literal.Length)..];
        return true;
    }

    /// <summary>Takes the bytes up to the next blank or the end; at least one.</summary>
    public bool TryToken(out ReadOnlySpan<byte> token)
    {
        int i = 0;
        while (i < Rest.Length && Rest[i] != ' ') i++;
        token = Rest[..i];
        if (i == 0) return false;
        Rest = Rest[i..];
        return true;
    }

    /// <summary>Takes a hexadecimal number of 1 to 16 digits, with or without 0x.</summary>
    public bool TryHex(out ulong value)
    {
        value = 0;
        int i = Rest.StartsWith("0x"u8) ? 2 : 0;
        int first = i;
        while (i < Rest.Length)
        {
            int digit = Rest[i] switch
            {
                >= (byte)'0' and <= (byte)'9' => Rest[i] - '0',
                >= (byte)'a' and <= (byte)'f' => Rest[i] - 'a' + 10,
                >= (byte)'A' and <= (byte)'F' => Rest[i] - 'A' + 10,
                _ => -1,
            };
            if (digit < 0) break;
            if (value >> 60 != 0) return false;
            value = (value << 4) | (uint)digit;
            i++;
        }
        if (i == first) return false;
        Rest = Rest[i..];
        return true;
    }

    /// <summary>Takes an unsigned decimal number below 2^63.</summary>
    public bool TryDecimal(out ulong value)
    {
        value = 0;
        int i = 0;
        while (i < Rest.Length && Rest[i] is >= (byte)'0' and <= (byte)'9')
        {
            if (value > (long.MaxValue - 9) / 10) return false;
            value = (value * 10) + (ulong)(Rest[i] - '0');
            i++;
        }
        if (i == 0) return false;
        Rest = Rest[i..];
        return true;
    }

    /// <summary>Takes seconds with 1 to 9 decimals ("17.601766") as nanoseconds; below 2^63 ns.</summary>
    public bool TrySeconds(out long nanoseconds)
    {
        nanoseconds = 0;
        ByteParser inner = new(Rest);
        if (!inner.TryDecimal(out ulong whole) || whole > long.MaxValue / 1_000_000_000 - 1 || !inner.TryLiteral("."u8)) return false;
        int before = inner.Rest.Length;
        if (!inner.TryDecimal(out ulong fraction)) return false;
        int digits = before - inner.Rest.Length;
        if (digits > 9) return false;
        for (; digits < 9; digits++) fraction *= 10;
        nanoseconds = ((long)whole * 1_000_000_000) + (long)fraction;
        Rest = inner.Rest;
        return true;
    }
}
