namespace Workbench.Traces.Guest;

/// <summary>The little-endian bytes of an array field, as recorded or as trace-cmd prints them ("00, 60, 31, 0c").</summary>
internal readonly ref struct FieldArray
{
    private const int PrintedStride = 4;

    private readonly ReadOnlySpan<byte> source;
    private readonly int stride;

    private FieldArray(ReadOnlySpan<byte> source, int stride, int byteCount)
    {
        this.source = source;
        this.stride = stride;
        ByteCount = byteCount;
    }

    /// <summary>How many bytes it has.</summary>
    public int ByteCount { get; }

    /// <summary>An array as recorded.</summary>
    public static FieldArray OfBytes(ReadOnlySpan<byte> bytes) => new(bytes, 1, bytes.Length);

    /// <summary>An array as printed, two digits a byte, each but the last followed by a comma and a blank.</summary>
    public static bool TryOfText(ReadOnlySpan<byte> text, out FieldArray array)
    {
        int count = (text.Length + 2) / PrintedStride;
        array = new(text, PrintedStride, count);
        if (text.IsEmpty) return true;
        if (text.Length != count * PrintedStride - 2) return false;
        for (int i = 0; i < count; i++)
        {
            if (!char.IsAsciiHexDigit((char)text[i * PrintedStride]) || !char.IsAsciiHexDigit((char)text[(i * PrintedStride) + 1])) return false;
        }
        return true;
    }

    /// <summary>The number in the element of <paramref name="size"/> bytes at <paramref name="index"/>, which must lie inside.</summary>
    public ulong this[int index, int size]
    {
        get
        {
            ulong value = 0;
            for (int i = 0; i < size; i++) value |= (ulong)ByteAt((index * size) + i) << (8 * i);
            return value;
        }
    }

    private int ByteAt(int index) => stride == 1 ? source[index] : (Digit(source[index * stride]) << 4) | Digit(source[(index * stride) + 1]);

    private static int Digit(byte digit) => digit <= (byte)'9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
