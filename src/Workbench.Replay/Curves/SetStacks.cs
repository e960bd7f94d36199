namespace Workbench.Replay.Curves;

/// <summary>
/// Set-associative LRU caches of one number of sets and every number of ways at once: a stack of pages for each set, the newest first. Invariant: the cache of n ways
/// holds the first n places of each stack. An invalidated page leaves its place empty; the topmost empty place above a page that is used again takes up the shift, since a
/// set with a free way evicts nothing, and the page's old place becomes empty.
/// </summary>
internal sealed class SetStacks : ICurveModel
{
    private readonly ulong firstKey;
    private readonly ulong[] places;
    private readonly ulong setMask;
    private readonly int ways;
    private readonly long[] hits;

    /// <summary>Empty caches of 1 to <paramref name="ways"/> ways; the low bits of a page's number choose the set.</summary>
    public SetStacks(int sets, int ways, ulong firstKey)
    {
        (Sets, this.ways, this.firstKey) = (sets, ways, firstKey);
        setMask = (ulong)sets - 1;
        places = new ulong[sets * ways];
        hits = new long[ways];
    }

    /// <summary>Sets of every cache.</summary>
    public int Sets { get; }
    /// <summary>Ways of the largest cache.</summary>
    public int Ways => ways;
    /// <summary>Touches of entries that the tables know nothing of any more.</summary>
    public long StaleTouches { get; private set; }

    /// <summary>Hits of the cache with so many ways.</summary>
    public long HitsOf(int ways) => hits.AsSpan(0, ways).ToArray().Sum();

    /// <inheritdoc/>
    public void Take(ReadOnlySpan<ulong> words)
    {
        for (int i = 0; i < words.Length; i++)
        {
            ulong word = words[i];
            if (word >= firstKey) Reference(word);
            else i += CurveFeed.Operate(this, words[i..]) - 1;
        }
    }

    private Span<ulong> SetOf(ulong key) => unchecked(places.AsSpan((int)(key & setMask) * ways, ways));

    /// <inheritdoc/>
    public void Reference(ulong key)
    {
        Span<ulong> set = SetOf(key);
        ulong shifted = key;
        for (int way = 0; way < set.Length; way++)
        {
            ulong held = set[way];
            set[way] = shifted;
            if (held == key)
            {
                hits[way]++;
                return;
            }
            if (held == 0)
            {
                int old = set[(way + 1)..].IndexOf(key);
                if (old < 0) return;
                hits[way + 1 + old]++;
                set[way + 1 + old] = 0;
                return;
            }
            shifted = held;
        }
    }

    /// <inheritdoc/>
    public void Refuse(ulong key)
    {
        Span<ulong> set = SetOf(key);
        int way = set.IndexOf(key);
        if (way < 0) return;
        hits[way]++;
        set[way] = 0;
    }

    /// <inheritdoc/>
    public bool Holds(ulong key) => SetOf(key).Contains(key);

    /// <inheritdoc/>
    public void Drop(ulong first, ulong last)
    {
        if (last - first < setMask >> 1)
        {
            for (ulong key = first; key <= last; key++) SetOf(key).Replace(key, 0UL);
            return;
        }
        foreach (ref ulong place in places.AsSpan())
            if (place >= first && place <= last) place = 0;
    }

    /// <inheritdoc/>
    public void NoteStale() => StaleTouches++;

    /// <inheritdoc/>
    public void Restart()
    {
        hits.AsSpan().Clear();
        StaleTouches = 0;
    }
}
