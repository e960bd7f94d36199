using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

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
    // Inlined: decoding alone is measured by the benchmark --decode.
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
        }
        return ReadMore(stream, ref at);
    }

    /// <summary>A number of two bytes or more: all of it at once if it has at most eight and as many are left.</summary>
    private static ulong ReadMore(ReadOnlySpan<byte> stream, ref int at)
    {
        int position = at;
        if ((uint)position < (uint)stream.Length && stream.Length - position >= sizeof(ulong))
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(stream[position..]), ends = ~word & 0x8080_8080_8080_8080;
            if (ends != 0)
            {
                int bits = BitOperations.TrailingZeroCount(ends);
                at = position + (bits >> 3) + 1;
                return Gather(word & (ulong.MaxValue >> (63 - bits)));
            }
        }
        return ReadLong(stream, ref at);
    }

    /// <summary>The low seven bits of each byte, side by side.</summary>
    private static ulong Gather(ulong word)
    {
        if (Bmi2.X64.IsSupported) return Bmi2.X64.ParallelBitExtract(word, 0x7f7f_7f7f_7f7f_7f7f);
        word = (word & 0x007f_007f_007f_007f) | ((word & 0x7f00_7f00_7f00_7f00) >> 1);
        word = (word & 0x0000_3fff_0000_3fff) | ((word & 0x3fff_0000_3fff_0000) >> 2);
        return (word & 0x0000_0000_0fff_ffff) | ((word & 0x0fff_ffff_0000_0000) >> 4);
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
