using Workbench.Iommu.Caches;

namespace Workbench.Iommu.Tests.Models;

/// <summary>Whose a cached translation is, as two numbers; which others an invalidation that names it reaches, said in words rather than masks.</summary>
public readonly record struct NaiveTag(int Domain, uint? Space)
{
    /// <summary>What an invalidation that names a tag may mean by it.</summary>
    public enum Reach { One, WholeDomain, SpacesOfDomain, AllSpaces, Everyone }

    /// <summary>Domains and spaces whose words are easily mixed up.</summary>
    public static IReadOnlyList<NaiveTag> Some { get; } =
        [new(0, null), new(0, 0), new(0, 1), new(1, null), new(1, 0), new(65535, null), new(65535, 0xFFFFF), new(2, 0x80000)];

    internal CacheTag Tag => Space is { } space ? new(new DomainId((ushort)Domain), space) : new CacheTag(new DomainId((ushort)Domain));

    public ulong Word => Tag.Value;

    /// <summary>The tag of a word of <see cref="Some"/>.</summary>
    public static NaiveTag Of(ulong word) => Some.Single(tag => tag.Word == word);

    public bool Reaches(Reach reach, NaiveTag other) => reach switch
    {
        Reach.One => other == this,
        Reach.WholeDomain => other.Domain == Domain,
        Reach.SpacesOfDomain => other.Domain == Domain && other.Space is not null,
        Reach.AllSpaces => other.Space is not null,
        _ => true,
    };

    internal TagMatch Match(Reach reach) => reach switch
    {
        Reach.One => TagMatch.Exactly(Tag),
        Reach.WholeDomain => TagMatch.WholeDomain(Tag.Domain),
        Reach.SpacesOfDomain => TagMatch.SpacesOf(Tag.Domain),
        Reach.AllSpaces => TagMatch.AllSpaces,
        _ => TagMatch.Everyone,
    };
}
