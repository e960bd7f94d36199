using System.Runtime.CompilerServices;
using CsCheck;
using Workbench.Iommu.Caches;
using Xunit;

namespace Workbench.Iommu.Tests.Models;

/// <summary>Both caches, with every replacement and index function, are the same as lists of slots.</summary>
public sealed class IotlbModelTests
{
    public enum Verb { Touch, Find, Fill, InvalidateRange, InvalidateOwner, InvalidateAll }

    public readonly record struct Step(Verb Verb, ulong Owner, ulong Iova, int PageLog2, ulong Bytes, ulong Leaf, NaiveTag.Reach Reach);

    private static readonly ulong[] Owners = [.. NaiveTag.Some.Select(tag => tag.Word)];

    // 64 pages at three places: sizes overlap, sets collide, the last page of all is among them.
    private static readonly Gen<ulong> Iova = Gen.Select(Gen.OneOf(0UL, 3UL << 30, (1UL << 57) - (64UL << 12), 0xFFFF_FFFF_FFFC_0000), Gen.ULong[0, 63], (place, page) => place + (page << 12));

    private static readonly Gen<Step> AnyStep =
        from verb in Gen.Frequency(
            (40, Gen.Const(Verb.Touch)), (10, Gen.Const(Verb.Find)), (10, Gen.Const(Verb.Fill)), (6, Gen.Const(Verb.InvalidateRange)), (1, Gen.Const(Verb.InvalidateOwner)), (1, Gen.Const(Verb.InvalidateAll)))
        from owner in Gen.OneOf(Owners)
        from iova in Iova
        from log2 in Gen.OneOf(12, 12, 12, 12, 14, 21, 30)
        from bytes in Gen.OneOf(Gen.Const(1UL), Gen.ULong[1, 40].Select(n => n << 12), Gen.Const(1UL << 32))
        from leaf in Gen.ULong[0, ulong.MaxValue]
        from reach in Gen.OneOf(NaiveTag.Reach.One, NaiveTag.Reach.One, NaiveTag.Reach.WholeDomain, NaiveTag.Reach.SpacesOfDomain, NaiveTag.Reach.AllSpaces, NaiveTag.Reach.Everyone)
        select new Step(verb, owner, iova, log2, Math.Min(bytes, ulong.MaxValue - iova), leaf, reach);

    private static readonly Gen<(Replacement Replacement, ulong Seed)> Policy = Gen.Select(Gen.OneOf(Replacement.Lru, Replacement.Fifo, Replacement.RoundRobin, Replacement.Random), Gen.OneOf(Gen.ULong[0, 3], Gen.ULong[0, ulong.MaxValue]));

    [Fact]
    public void A_set_associative_cache_is_lists_of_slots() =>
        Gen.Select(Gen.OneOf(2, 4, 16), Gen.OneOf(1, 2, 3, 4, 16), Policy, Gen.OneOf(IndexFunction.Modulo, IndexFunction.Hash), AnyStep.Array[1, 300]).Sample((sets, ways, policy, index, steps) =>
        {
            IotlbGeometry geometry = new() { Sets = sets, Ways = ways, Replacement = policy.Replacement, Seed = policy.Seed, Index = index };
            Run(new SetAssociativeIotlb(geometry), geometry, steps);
        }, iter: 500);

    [Fact]
    public void A_fully_associative_cache_is_a_list_of_slots() =>
        Gen.Select(Gen.OneOf(1, 2, 3, 4, 7, 16, 64), Gen.OneOf(Policy, Gen.Const((Replacement.FlushWhenFull, 1UL))), AnyStep.Array[1, 300]).Sample((ways, policy, steps) =>
        {
            IotlbGeometry geometry = new() { Sets = 1, Ways = ways, Replacement = policy.Item1, Seed = policy.Item2 };
            Run(new FullyAssociativeIotlb(geometry), geometry, steps);
        }, iter: 500);

    // The walk caches of one set are built this way; least recently used and first in do not depend on which way is free.
    [Fact]
    public void A_set_associative_cache_of_one_set_is_fully_associative() =>
        Gen.Select(Gen.OneOf(1, 2, 4, 16), Gen.OneOf(Replacement.Lru, Replacement.Fifo), Gen.OneOf(IndexFunction.Modulo, IndexFunction.Hash), AnyStep.Array[1, 200]).Sample((ways, replacement, index, steps) =>
        {
            IotlbGeometry geometry = new() { Sets = 1, Ways = ways, Replacement = replacement, Index = index };
            Run(new SetAssociativeIotlb(geometry), geometry, steps);
        }, iter: 300);

    private static void Run<TIotlb>(TIotlb cache, IotlbGeometry geometry, Step[] steps)
        where TIotlb : struct, IIotlb
    {
        NaiveIotlb naive = new(geometry);
        foreach (Step step in steps)
        {
            switch (step.Verb)
            {
                case Verb.Touch: // as the engine does: look, fill on a miss
                    if (Same(ref cache, naive, step.Owner, step.Iova)) break;
                    goto case Verb.Fill;
                case Verb.Fill:
                    cache.Fill(step.Owner, step.Iova, step.PageLog2, step.Leaf);
                    naive.Fill(step.Owner, step.Iova, step.PageLog2, step.Leaf);
                    break;
                case Verb.Find:
                    Same(ref cache, naive, step.Owner, step.Iova);
                    break;
                case Verb.InvalidateRange:
                    ulong last = step.Iova + step.Bytes - 1;
                    NaiveTag tag = NaiveTag.Of(step.Owner);
                    int expected = step.Reach == NaiveTag.Reach.One
                        ? naive.InvalidateRange(step.Owner, step.Iova, last)
                        : naive.InvalidateRange(other => tag.Reaches(step.Reach, NaiveTag.Of(other)), step.Iova, last);
                    Assert.Equal(expected, cache.InvalidateRange(tag.Match(step.Reach), step.Iova, last));
                    break;
                case Verb.InvalidateOwner:
                    NaiveTag owner = NaiveTag.Of(step.Owner);
                    Assert.Equal(naive.InvalidateOwners(other => owner.Reaches(step.Reach, NaiveTag.Of(other))), cache.InvalidateOwners(owner.Match(step.Reach)));
                    break;
                default:
                    Assert.Equal(naive.InvalidateAll(), cache.InvalidateAll());
                    break;
            }
            Assert.Equal(naive.FullFlushes, cache.FullFlushes);
            Assert.Equal(naive.HoldsOverlap(step.Owner, step.Iova & ~Bits.Mask(step.PageLog2), step.Iova | Bits.Mask(step.PageLog2), step.Leaf), cache.HoldsOverlap(step.Owner, step.Iova, step.PageLog2, step.Leaf));
        }
        foreach (ulong owner in Owners)
            foreach (ulong iova in steps.Select(s => s.Iova).Distinct())
            {
                // Taking one page's entries away shows the larger ones behind it: the count tells all contents.
                Same(ref cache, naive, owner, iova);
                Assert.Equal(naive.InvalidateRange(owner, iova, iova), cache.InvalidateRange(TagMatch.ExactlyWord(owner), iova, iova));
            }
        Assert.Equal(0, cache.InvalidateAll());
    }

    private static bool Same<TIotlb>(ref TIotlb cache, NaiveIotlb naive, ulong owner, ulong iova)
        where TIotlb : struct, IIotlb
    {
        (ulong Leaf, int PageLog2)? expected = naive.Find(owner, iova);
        ref IotlbEntry found = ref cache.Find(owner, iova);
        Assert.Equal(expected is not null, !Unsafe.IsNullRef(ref found));
        if (expected is null) return false;
        Assert.Equal(expected.Value, (found.Leaf, found.PageLog2));
        Assert.Equal((owner, iova >> found.PageLog2), (found.Owner, found.Page));
        return true;
    }
}
