using System.Buffers.Binary;
using System.IO.Compression;
using System.Xml.Linq;
using Workbench.Notebooks.Jupyter;
using Xunit;

namespace Workbench.Notebooks.Tests.Jupyter;

public sealed class KernelLogoTests
{
    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    public void The_png_shows_what_the_svg_says(int size)
    {
        byte[] png = KernelLogo.Png(size);
        Assert.Equal([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], png[..8]);
        Assert.Equal(size, BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)));
        int packed = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(33));
        using ZLibStream zlib = new(new MemoryStream(png, 41, packed), CompressionMode.Decompress);
        using MemoryStream rows = new();
        zlib.CopyTo(rows);
        byte[] pixels = rows.ToArray();
        Assert.Equal(size * (1 + (size * 4)), pixels.Length);
        int scale = size / 32;
        foreach (XElement rect in XDocument.Parse(KernelLogo.Svg()).Root!.Elements().Skip(1))
        {
            int x = ((int)rect.Attribute("x")! + 1) * scale, y = ((int)rect.Attribute("y")! + 1) * scale;
            byte[] pixel = pixels[((y * (1 + (size * 4))) + 1 + (x * 4))..][..4];
            Assert.Equal((string)rect.Attribute("fill")!, $"#{pixel[0]:X2}{pixel[1]:X2}{pixel[2]:X2}");
            Assert.Equal(255, pixel[3]);
        }
    }
}
