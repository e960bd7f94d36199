using Workbench.Iommu.Caches;
using Xunit;

namespace Workbench.Iommu.Tests.Caches;

public sealed class IotlbGeometryTests
{
    private static IotlbGeometry Parsed(string text)
    {
        Assert.True(IotlbGeometry.TryParse(text, out IotlbGeometry geometry, out string error), error);
        Assert.Equal("", error);
        return geometry;
    }

    private static string Refused(string text)
    {
        Assert.False(IotlbGeometry.TryParse(text, out _, out string error));
        return error;
    }

    [Theory]
    [InlineData("16x4", 16, 4, Replacement.Lru, IndexFunction.Modulo, 1UL)]
    [InlineData("1x1", 1, 1, Replacement.Lru, IndexFunction.Modulo, 1UL)]
    [InlineData("1x65536", 1, 65536, Replacement.Lru, IndexFunction.Modulo, 1UL)]
    [InlineData("1048576x16", 1048576, 16, Replacement.Lru, IndexFunction.Modulo, 1UL)]
    [InlineData("16x4:lru", 16, 4, Replacement.Lru, IndexFunction.Modulo, 1UL)]
    [InlineData("16x4:fifo", 16, 4, Replacement.Fifo, IndexFunction.Modulo, 1UL)]
    [InlineData("16x4:round-robin", 16, 4, Replacement.RoundRobin, IndexFunction.Modulo, 1UL)]
    [InlineData("16x4:random", 16, 4, Replacement.Random, IndexFunction.Modulo, 1UL)]
    [InlineData("1x64:flush-when-full", 1, 64, Replacement.FlushWhenFull, IndexFunction.Modulo, 1UL)]
    [InlineData("16x4:lru:modulo", 16, 4, Replacement.Lru, IndexFunction.Modulo, 1UL)]
    [InlineData("16x4:lru:hash", 16, 4, Replacement.Lru, IndexFunction.Hash, 1UL)]
    [InlineData("16x4:random:hash:0", 16, 4, Replacement.Random, IndexFunction.Hash, 0UL)]
    [InlineData("16x4:random:modulo:18446744073709551615", 16, 4, Replacement.Random, IndexFunction.Modulo, ulong.MaxValue)]
    public void A_written_form_means_this(string text, int sets, int ways, Replacement replacement, IndexFunction index, ulong seed)
    {
        IotlbGeometry geometry = Parsed(text);
        Assert.Equal(new() { Sets = sets, Ways = ways, Replacement = replacement, Index = index, Seed = seed, WalkCaches = true }, geometry);
        Assert.Equal(sets * ways, geometry.Entries);
        Assert.Equal(geometry, Parsed(geometry.ToString()));
    }

    [Fact]
    public void Every_preset_is_legal_and_is_read_back_from_what_it_writes() => Assert.All(IotlbGeometry.PresetNames, preset =>
    {
        IotlbGeometry geometry = Parsed(preset.Name);
        Assert.Empty(geometry.Problems());
        Assert.Equal(preset.Name, geometry.ToString());
        Assert.NotEmpty(preset.About);
    });

    [Theory]
    [InlineData("qemu-vtd", 1, 1024, Replacement.FlushWhenFull, false)]
    [InlineData("haswell-128", 1, 128, Replacement.Lru, true)]
    [InlineData("assumed-64", 16, 4, Replacement.Lru, true)]
    [InlineData("assumed-4096", 1024, 4, Replacement.Lru, true)]
    public void A_preset_means_this(string name, int sets, int ways, Replacement replacement, bool walkCaches)
    {
        IotlbGeometry geometry = Parsed(name);
        Assert.Equal((sets, ways, replacement, walkCaches), (geometry.Sets, geometry.Ways, geometry.Replacement, geometry.WalkCaches));
    }

    // Two geometries that behave differently must not be written alike: results are labelled with this text.
    [Fact]
    public void A_geometry_without_walk_caches_is_read_back_as_one()
    {
        IotlbGeometry geometry = new() { Sets = 16, Ways = 2, WalkCaches = false };
        Assert.Equal(geometry, Parsed(geometry.ToString()));
        Assert.Equal(geometry, Parsed("16x2:lru:modulo:1:no-walk-caches"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("16")]
    [InlineData("16x")]
    [InlineData("x4")]
    [InlineData("16x4x2")]
    [InlineData("16X4")]
    [InlineData("-16x4")]
    [InlineData("16 x 4")]
    [InlineData("0x10x4")]
    [InlineData("99999999999x4")]
    [InlineData("16x4:")]
    [InlineData("16x4:LRU")]
    [InlineData("16x4:mru")]
    [InlineData("16x4:lru:")]
    [InlineData("16x4:lru:xor")]
    [InlineData("16x4:lru:hash:")]
    [InlineData("16x4:lru:hash:-1")]
    [InlineData("16x4:lru:hash:18446744073709551616")]
    [InlineData("16x4:lru:hash:1:2")]
    [InlineData("16x4:lru:hash:1:")]
    [InlineData("16x4:lru:hash:1:no-walk-caches:1")]
    [InlineData("assumed-65")]
    [InlineData("Haswell-128")]
    public void What_is_not_a_form_is_told_the_forms(string text)
    {
        string error = Refused(text);
        Assert.Contains($"'{text}'", error, StringComparison.Ordinal);
        Assert.Contains("SETSxWAYS[:lru|fifo|round-robin|random|flush-when-full[:modulo|hash[:seed", error, StringComparison.Ordinal);
        foreach ((string name, _) in IotlbGeometry.PresetNames) Assert.Contains(name, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0x4", "0 sets: a power of two from 1 to 1048576")]
    [InlineData("3x4", "3 sets: a power of two")]
    [InlineData("2097152x1", "2097152 sets: a power of two")]
    [InlineData("16x0", "0 ways: 1 to 65536")]
    [InlineData("1x65537", "65537 ways: 1 to 65536")]
    [InlineData("16x17", "write 1x272")]
    [InlineData("16x4:flush-when-full", "one set only")]
    public void What_cannot_be_built_is_told_what_can(string text, string expected)
    {
        string error = Refused(text);
        Assert.Contains($"'{text}'", error, StringComparison.Ordinal);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void One_set_is_fully_associative()
    {
        Assert.True(Parsed("1x8").IsFullyAssociative);
        Assert.False(Parsed("2x8").IsFullyAssociative);
    }
}
