namespace Workbench.Replay.Curves;

/// <summary>
/// Large fully associative LRU caches, estimated from a sample of the pages, as SHARDS does (Waldspurger and others, FAST 2015): of the pages whose hash falls into a small part of
/// all hashes every reference is followed, through caches that are smaller by the same part. There are several such parts without a page in common; how far their answers lie apart
/// is the error.
/// </summary>
internal sealed class SampledLists : ICurveModel
{
    /// <summary>Parts of the pages that are followed each by itself.</summary>
    public const int Parts = 8;
    /// <summary>A part holds one page in 2^7.</summary>
    public const int PartLog2 = 7;

    // Student's t for 7 degrees of freedom: 99 % lie within.
    private const double StandardErrors = 3.5;
    // The number of a part's pages among the latest n differs from n by its square root or so.
    private const double PageDeviations = 3;
    // With 8/128 of all events followed and not one seen, more than 48 happen once in 20 times (rule of three).
    private const double Unseen = 48;

    private readonly ulong firstKey;
    private readonly LruList[] parts;
    private readonly long[] references = new long[Parts];

    /// <summary>Empty caches of ascending sizes, 10 at most.</summary>
    public SampledLists(IReadOnlyList<int> sizes, ulong firstKey)
    {
        (Sizes, this.firstKey) = (sizes, firstKey);
        // For each size also one that is as much smaller, and one that is as much larger, as the part's share of the pages may be off.
        int[] bounds = [.. sizes.SelectMany(size => new[] { Scaled(size, -1), Scaled(size, 0), Scaled(size, 1) })];
        parts = [.. Enumerable.Range(0, Parts).Select(_ => new LruList(bounds, firstKey))];
    }

    /// <summary>Entries of each cache.</summary>
    public IReadOnlyList<int> Sizes { get; }

    private static int Scaled(int size, int way)
    {
        double entries = (double)size / (1 << PartLog2);
        return (int)Math.Round(entries + (way * PageDeviations * Math.Sqrt(entries)));
    }

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

    /// <summary>The part of a page; <see cref="Parts"/> or more if it is in none. Not the hash that finds a page in a list: a part would then fill a corner of that.</summary>
    private static ulong PartOf(ulong key)
    {
        unchecked
        {
            ulong hash = (key ^ (key >> 32)) * 0xD6E8FEB86659FD93;
            hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93;
            return hash >> (64 - PartLog2);
        }
    }

    /// <inheritdoc/>
    public void Reference(ulong key)
    {
        ulong part = PartOf(key);
        if (part >= Parts) return;
        references[part]++;
        parts[part].Reference(key);
    }

    /// <inheritdoc/>
    public void Refuse(ulong key)
    {
        ulong part = PartOf(key);
        if (part >= Parts) return;
        references[part]++;
        parts[part].Refuse(key);
    }

    /// <inheritdoc/>
    public bool Holds(ulong key) => PartOf(key) is < Parts and ulong part && parts[part].Holds(key);

    /// <inheritdoc/>
    public void Drop(ulong first, ulong last)
    {
        foreach (LruList part in parts) part.Drop(first, last);
    }

    /// <inheritdoc/>
    public void NoteStale() { }

    /// <inheritdoc/>
    public void Restart()
    {
        references.AsSpan().Clear();
        foreach (LruList part in parts) part.Restart();
    }

    /// <summary>Misses of the cache of one size that are not the first use of their page: about so many, and at least and at most so many.</summary>
    public (double Misses, double Low, double High) MissesOf(int size)
    {
        (double smallerMean, double smallerError) = Estimate(3 * size);
        (double mean, _) = Estimate((3 * size) + 1);
        (double largerMean, double largerError) = Estimate((3 * size) + 2);
        return (mean, Math.Max(0, largerMean - largerError), smallerMean + smallerError + Unseen);
    }

    private (double Mean, double Error) Estimate(int bound)
    {
        double[] misses = [.. parts.Select((part, i) => (double)((references[i] - part.Cold - part.HitsOf(bound)) << PartLog2))];
        double mean = misses.Average(), variance = misses.Sum(m => (m - mean) * (m - mean)) / (Parts - 1);
        return (mean, StandardErrors * Math.Sqrt(variance / Parts));
    }
}
