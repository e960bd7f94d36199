using CsCheck;
using Workbench.Replay.Curves;
using Xunit;

namespace Workbench.Replay.Tests.Curves;

/// <summary>The two structures against plain caches, one for each size, with random invalidations.</summary>
public class LruListTests
{
    private const ulong FirstKey = 1UL << 36;

    private sealed record Step(int Verb, ulong Page, ulong Pages);

    /// <summary>A cache as a list of pages for each set, the newest last.</summary>
    private sealed class PlainCache(int sets, int ways)
    {
        private readonly List<ulong>[] held = [.. Enumerable.Range(0, sets).Select(_ => new List<ulong>())];

        public int Sets => sets;
        public int Ways => ways;
        public long Hits { get; private set; }
        public long Dropped { get; private set; }

        private List<ulong> SetOf(ulong key) => held[key % (ulong)sets];

        public void Reference(ulong key)
        {
            List<ulong> set = SetOf(key);
            if (set.Remove(key)) Hits++;
            else if (set.Count == ways) set.RemoveAt(0);
            set.Add(key);
        }

        public void Refuse(ulong key)
        {
            if (SetOf(key).Remove(key)) Hits++;
        }

        public void Drop(ulong first, ulong last) => Dropped += held.Sum(set => set.RemoveAll(key => key >= first && key <= last));
    }

    private static Gen<Step[]> Steps(ulong pages, int most = 600) => Gen.Select(Gen.Int[0, 99], Gen.ULong[0, pages - 1], Gen.ULong[1, pages]).Select((verb, page, count) => new Step(verb, FirstKey + page, count)).Array[0, most];

    private static void Play(Step[] steps, ICurveModel model, IEnumerable<PlainCache> caches)
    {
        List<ulong> words = [];
        PlainCache[] all = [.. caches];
        foreach (Step s in steps)
        {
            switch (s.Verb)
            {
                case < 90:
                    words.Add(s.Page);
                    foreach (PlainCache cache in all) cache.Reference(s.Page);
                    break;
                case < 93:
                    words.AddRange([2, s.Page]);
                    foreach (PlainCache cache in all) cache.Refuse(s.Page);
                    break;
                case < 99:
                    ulong last = s.Page + (s.Verb < 97 ? 0 : s.Pages / 4);
                    words.AddRange([1, s.Page, last]);
                    foreach (PlainCache cache in all) cache.Drop(s.Page, last);
                    break;
                default:
                    words.AddRange([1, s.Page, s.Page + 500]);
                    foreach (PlainCache cache in all) cache.Drop(s.Page, s.Page + 500);
                    break;
            }
        }
        model.Take([.. words]);
    }

    [Theory]
    [InlineData(12)]
    [InlineData(40)]
    [InlineData(300)]
    public void A_list_is_a_plain_cache_of_each_size(int pages) => Steps((ulong)pages, most: 3000).Sample(steps =>
    {
        int[] sizes = [1, 2, 3, 7, 8, 20, 33, 100];
        LruList list = new(sizes, FirstKey);
        PlainCache[] caches = [.. sizes.Select(size => new PlainCache(1, size))];
        Play(steps, list, caches);
        Assert.Equal(caches.Select(c => c.Hits), sizes.Select((_, i) => list.HitsOf(i)));
        Assert.Equal(caches[^1].Dropped, list.Dropped);
        Assert.Equal(steps.Where(s => s.Verb < 90).Select(s => s.Page).Distinct().Count(), list.Cold);
    }, iter: 200);

    [Theory]
    [InlineData(1, 16, 20)]
    [InlineData(4, 3, 20)]
    [InlineData(8, 16, 300)]
    [InlineData(64, 1, 100)]
    [InlineData(64, 5, 600)]
    public void A_stack_for_each_set_is_a_plain_cache_of_each_number_of_ways(int sets, int ways, int pages) => Steps((ulong)pages).Sample(steps =>
    {
        SetStacks stacks = new(sets, ways, FirstKey);
        PlainCache[] caches = [.. Enumerable.Range(1, ways).Select(w => new PlainCache(sets, w))];
        Play(steps, stacks, caches);
        Assert.Equal(caches.Select(c => c.Hits), caches.Select(c => stacks.HitsOf(c.Ways)));
    }, iter: 300);
}
