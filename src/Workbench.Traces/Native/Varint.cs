using System.Runtime.CompilerServices;

namespace Workbench.Traces.Native;

/// <summary>Numbers of 7 bits per byte, low bits first (LEB128), and the zigzag order that keeps small negative differences short.</summary>
internal static class Varint
{
    /// <summary>The most bytes a 64-bit number takes.</summary>
    public const int MaxBytes = 10;

    /// <summary>Appends a number; the buffer must have <see cref="MaxBytes"/> left. Returns the position after it.</summary>
    public static int Write(byte[] buffer, int at, ulong value)
    {
        while (value >= 0x80)
        {
            buffer[at++] = unchecked((byte)(value | 0x80));
            value >>= 7;
        }
        buffer[at++] = unchecked((byte)value);
        return at;
    }

    /// <summary>Takes a number; throws <see cref="InvalidDataException"/> at the end of the stream or above 64 bits.</summary>
    // Inlined: decoding 2 M nic1024 events, see docs/trace-format.md, Speed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read(ReadOnlySpan<byte> stream, ref int at)
    {
        int position = at;
        if ((uint)position < (uint)stream.Length)
        {
            uint first = stream[position];
            if (first < 0x80)
            {
                at = position + 1;
                return first;
            }
            if ((uint)(position + 1) < (uint)stream.Length)
            {
                uint second = stream[position + 1];
                if (second < 0x80)
                {
                    at = position + 2;
                    return (first & 0x7f) | (second << 7);
                }
            }
        }
        return ReadLong(stream, ref at);
    }

    private static ulong ReadLong(ReadOnlySpan<byte> stream, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if ((uint)at >= (uint)stream.Length) throw new InvalidDataException("a stream ends within a number");
            ulong piece = stream[at++];
            if (shift == 63 && piece > 1) break;
            value |= (piece & 0x7f) << shift;
            if (piece < 0x80) return value;
        }
        throw new InvalidDataException("a number exceeds 64 bits");
    }

    /// <summary>0, -1, 1, -2 ... become 0, 1, 2, 3 ...</summary>
    public static ulong ZigZag(ulong difference) => unchecked((difference << 1) ^ (ulong)((long)difference >> 63));

    /// <summary>The inverse of <see cref="ZigZag"/>.</summary>
    public static ulong UnZigZag(ulong code) => unchecked((code >> 1) ^ (0 - (code & 1)));
}
