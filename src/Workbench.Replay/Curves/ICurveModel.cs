namespace Workbench.Replay.Curves;

/// <summary>Caches of one kind and many sizes at once, fed with words: see <see cref="CurveFeed"/>.</summary>
internal interface ICurveModel
{
    /// <summary>Plays words in order.</summary>
    void Take(ReadOnlySpan<ulong> words);

    /// <summary>A page is used and, where it is missing, brought in.</summary>
    void Reference(ulong key);

    /// <summary>A page is looked up and its entry, where there is one, found too weak and dropped; nothing is brought in.</summary>
    void Refuse(ulong key);

    /// <summary>Does the largest of the caches hold a page?</summary>
    bool Holds(ulong key);

    /// <summary>An invalidation drops the pages first..last.</summary>
    void Drop(ulong first, ulong last);

    /// <summary>Notes that a touch came to an entry that the tables know nothing of any more.</summary>
    void NoteStale();

    /// <summary>Counts from zero; what the caches hold stays.</summary>
    void Restart();
}
