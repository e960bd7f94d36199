using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Workbench.Notebooks.Jupyter;

/// <summary>The kernel's picture in a launcher: a dirty bitmap, written pages in orange.</summary>
internal static class KernelLogo
{
    private const int Units = 32, Pitch = 6, First = 5, Cell = 4;
    private const uint Paper = 0x1F3044FF, Clean = 0x5B7C99FF, Dirty = 0xF28C28FF;
    private static readonly string[] Pages = [".#...", "..##.", ".....", "##..#"];

    public static string Svg()
    {
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Units} {Units}\"><rect width=\"{Units}\" height=\"{Units}\" rx=\"3\" fill=\"{Rgb(Paper)}\"/>");
        for (int row = 0; row < Pages.Length; row++)
            for (int column = 0; column < Pages[row].Length; column++)
                svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{Left(column)}\" y=\"{Top(row)}\" width=\"{Cell}\" height=\"{Cell}\" fill=\"{Rgb(ColourOf(row, column))}\"/>");
        return svg.Append("</svg>\n").ToString();
    }

    /// <summary>A square PNG; the size in pixels is a multiple of 32. PNG specification, third edition, clauses 5 and 11.</summary>
    public static byte[] Png(int size)
    {
        int scale = size / Units;
        byte[] rows = new byte[size * (1 + (size * 4))];
        for (int y = 0; y < size; y++)
            for (int x = 0; x < size; x++)
                BinaryPrimitives.WriteUInt32BigEndian(rows.AsSpan((y * (1 + (size * 4))) + 1 + (x * 4)), At(x / scale, y / scale));
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, size);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), size);
        (header[8], header[9]) = (8, 6); // Eight bits each of red, green, blue and alpha.
        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.SmallestSize, leaveOpen: true)) zlib.Write(rows);
        return [0x89, .. "PNG\r\n\u001A\n"u8, .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, packed.ToArray()), .. Chunk("IEND"u8, [])];
    }

    private static uint At(int x, int y)
    {
        int column = (x - Left(0)) / Pitch, row = (y - Top(0)) / Pitch;
        bool isPage = x >= Left(0) && y >= Top(0) && row < Pages.Length && column < Pages[0].Length && x - Left(column) < Cell && y - Top(row) < Cell;
        return isPage ? ColourOf(row, column) : Paper;
    }

    private static int Left(int column) => First - 3 + (column * Pitch);

    private static int Top(int row) => First + (row * Pitch);

    private static uint ColourOf(int row, int column) => Pages[row][column] == '#' ? Dirty : Clean;

    private static string Rgb(uint colour) => string.Create(CultureInfo.InvariantCulture, $"#{colour >> 8:X6}");

    private static byte[] Chunk(ReadOnlySpan<byte> type, byte[] data)
    {
        byte[] chunk = new byte[12 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        type.CopyTo(chunk.AsSpan(4));
        data.CopyTo(chunk, 8);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc(chunk.AsSpan(4, 4 + data.Length)));
        return chunk;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
        }
        return ~crc;
    }
}
