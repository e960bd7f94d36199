using CsCheck;
using Workbench.Iommu.Caches;
using Xunit;

namespace Workbench.Iommu.Tests.Models;

/// <summary>The paging-structure caches are one small least-recently-used cache per level: 64, 16, 4 and 4 entries of 4 ways.</summary>
public sealed class WalkCacheModelTests
{
    private static readonly int[] Shifts = [21, 30, 39, 48];
    private static readonly int[] Sets = [16, 4, 1, 1];

    public enum Verb { Walk, InvalidateRange, InvalidateOwner, InvalidateAll }

    public readonly record struct Step(Verb Verb, ulong Owner, ulong Iova, ulong Bytes, ulong Table, NaiveTag.Reach Reach);

    private static readonly Gen<Step> AnyStep =
        from verb in Gen.Frequency((40, Gen.Const(Verb.Walk)), (4, Gen.Const(Verb.InvalidateRange)), (1, Gen.Const(Verb.InvalidateOwner)), (1, Gen.Const(Verb.InvalidateAll)))
        from owner in Gen.OneOf(NaiveTag.Some.Select(tag => tag.Word).ToArray())
        from shift in Gen.OneOf(Shifts)
        from page in Gen.ULong[0, 12]
        from bytes in Gen.OneOf(1UL, 4096UL, 1UL << 21, 1UL << 27, 1UL << 33, 1UL << 50)
        from table in Gen.ULong[1, 1 << 20]
        from reach in Gen.OneOf(NaiveTag.Reach.One, NaiveTag.Reach.One, NaiveTag.Reach.WholeDomain, NaiveTag.Reach.SpacesOfDomain, NaiveTag.Reach.AllSpaces, NaiveTag.Reach.Everyone)
        select new Step(verb, owner, page << shift, bytes, table << 12, reach);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void They_are_lists_of_slots(int rootLevel) => AnyStep.Array[1, 300].Sample(steps =>
    {
        WalkCache cache = new(Shifts);
        NaiveIotlb[] naive = [.. Sets.Select(sets => new NaiveIotlb(new() { Sets = sets, Ways = 4, Index = IndexFunction.Hash }))];
        foreach (Step step in steps)
        {
            ulong last = step.Iova + (step.Bytes - 1);
            NaiveTag tag = NaiveTag.Of(step.Owner);
            switch (step.Verb)
            {
                case Verb.Walk:
                    int level = 0;
                    (ulong Leaf, int PageLog2)? expected = null;
                    while (level < rootLevel && (expected = naive[level].Find(step.Owner, step.Iova)) is null) level++;
                    Assert.Equal(expected is not null, cache.TryFind(step.Owner, step.Iova, rootLevel, out int found, out ulong table, out Permission permission));
                    if (expected is { } hit) Assert.Equal((level, hit.Leaf), (found, IotlbEntry.LeafOf(table, permission, dirtyKnown: false)));
                    // As a walk does: from there down, the levels that were missing are filled.
                    for (int below = level - 1; below >= 0; below--)
                    {
                        Permission allowed = (Permission)(((step.Table >> 12) + (ulong)below) & 3);
                        cache.Fill(step.Owner, step.Iova, below, step.Table, allowed);
                        naive[below].Fill(step.Owner, step.Iova, Shifts[below], IotlbEntry.LeafOf(step.Table, allowed, dirtyKnown: false));
                    }
                    break;
                case Verb.InvalidateRange:
                    cache.InvalidateRange(tag.Match(step.Reach), step.Iova, last);
                    foreach (NaiveIotlb one in naive) one.InvalidateRange(other => tag.Reaches(step.Reach, NaiveTag.Of(other)), step.Iova, last);
                    break;
                case Verb.InvalidateOwner:
                    cache.InvalidateOwners(tag.Match(step.Reach));
                    foreach (NaiveIotlb one in naive) one.InvalidateOwners(other => tag.Reaches(step.Reach, NaiveTag.Of(other)));
                    break;
                default:
                    cache.InvalidateAll();
                    foreach (NaiveIotlb one in naive) one.InvalidateAll();
                    break;
            }
        }
    }, iter: 150);
}
