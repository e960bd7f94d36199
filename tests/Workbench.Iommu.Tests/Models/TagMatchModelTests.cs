using CsCheck;
using Workbench.Iommu.Caches;
using Xunit;

namespace Workbench.Iommu.Tests.Models;

/// <summary>Tags are pairs of numbers, and matches are sentences about them.</summary>
public sealed class TagMatchModelTests
{
    private static readonly Gen<NaiveTag> AnyTag =
        from domain in Gen.OneOf(Gen.OneOf(0, 1, 2, 65534, 65535), Gen.Int[0, 65535])
        from space in Gen.OneOf(Gen.Const((uint?)null), Gen.OneOf(0u, 1u, 0x80000u, 0xFFFFFu).Select(s => (uint?)s), Gen.UInt[0, 0xFFFFF].Select(s => (uint?)s))
        select new NaiveTag(domain, space);

    // Half of the pairs share a domain or a space, else they would hardly ever meet.
    private static readonly Gen<(NaiveTag One, NaiveTag Other)> Pair =
        from one in AnyTag
        from other in AnyTag
        from kept in Gen.Int[0, 3]
        select (one, kept switch { 0 => other, 1 => other with { Domain = one.Domain }, 2 => other with { Space = one.Space }, _ => one });

    [Fact]
    public void A_tag_is_read_back_from_its_word() => AnyTag.Sample(naive =>
    {
        CacheTag tag = CacheTag.Of(naive.Word);
        Assert.Equal((naive.Domain, naive.Space), ((int)tag.Domain.Value, tag.Space));
        Assert.Equal(naive.Tag, tag);
        Assert.Equal(0UL, naive.Word >> 37);
    });

    [Fact]
    public void Words_differ_where_tags_do() => Pair.Sample((one, other) => Assert.Equal(one == other, one.Word == other.Word));

    [Fact]
    public void A_match_covers_what_its_sentence_says() => Pair.Sample((one, other) =>
    {
        foreach (NaiveTag.Reach reach in Enum.GetValues<NaiveTag.Reach>())
            Assert.True(one.Reaches(reach, other) == one.Match(reach).Covers(other.Word), $"{one} {reach}: {other}");
    }, iter: 5000);

    // Caches look entries of one tag up instead of searching.
    [Fact]
    public void Only_one_tag_is_exact() => AnyTag.Sample(tag =>
    {
        foreach (NaiveTag.Reach reach in Enum.GetValues<NaiveTag.Reach>()) Assert.Equal(reach == NaiveTag.Reach.One, tag.Match(reach).IsExact);
        Assert.Equal(tag.Word, tag.Match(NaiveTag.Reach.One).Value);
    });

    [Fact]
    public void A_space_of_more_than_20_bits_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => new CacheTag(new DomainId(1), 0x100000));

    // An IOTLB keeps the owner above the size: no tag may lose a bit there.
    [Fact]
    public void An_iotlb_tag_keeps_owner_and_size() => Gen.Select(AnyTag, Gen.Int[12, 63]).Sample((tag, size) =>
    {
        IotlbEntry entry = new() { Tag = IotlbEntry.TagOf(tag.Word, size) };
        Assert.Equal((tag.Word, size), (entry.Owner, entry.PageLog2));
    });
}
