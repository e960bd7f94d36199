namespace Workbench.Replay.Curves;

/// <summary>
/// What the IOTLB is asked for, on its way to the models, as words: a page's key by itself is a reference; below the lowest key are codes, each with its operands.
/// Words go in batches, so that several processors can play them through several models.
/// </summary>
internal sealed class CurveFeed
{
    /// <summary>32 KiB.</summary>
    private const int BatchWords = 1 << 12;
    private const ulong DropCode = 1, RefuseCode = 2, SuspectCode = 3, RestartCode = 4;

    private readonly ulong[] words = new ulong[BatchWords];
    private readonly ICurveModel[] models;
    private readonly ParallelOptions parallel;
    private readonly Action<int> play;
    private int used;

    public CurveFeed(IReadOnlyList<ICurveModel> models, int threads)
    {
        this.models = [.. models];
        parallel = new() { MaxDegreeOfParallelism = threads };
        play = model => this.models[model].Take(words.AsSpan(0, used));
    }

    /// <summary>A page is used.</summary>
    public void Reference(ulong key)
    {
        if (used == words.Length) Flush();
        words[used++] = key;
    }

    /// <summary>A page is asked for, and refused by the tables.</summary>
    public void Refuse(ulong key) => Add([RefuseCode, key]);

    /// <summary>An invalidation drops the pages first..last.</summary>
    public void Drop(ulong first, ulong last) => Add([DropCode, first, last]);

    /// <summary>A page is asked for, 0 if it faults, where caches may hold what was unmapped before: one of the candidates.</summary>
    public void Suspect(ulong key, ReadOnlySpan<ulong> candidates)
    {
        Add([SuspectCode, key, (ulong)candidates.Length, .. candidates]);
    }

    /// <summary>Counting begins anew.</summary>
    public void Restart() => Add([RestartCode]);

    private void Add(ReadOnlySpan<ulong> operation)
    {
        if (used + operation.Length > words.Length) Flush();
        operation.CopyTo(words.AsSpan(used));
        used += operation.Length;
    }

    /// <summary>Plays what has gathered.</summary>
    public void Flush()
    {
        if (parallel.MaxDegreeOfParallelism == 1 || models.Length == 1)
            foreach (ICurveModel model in models) model.Take(words.AsSpan(0, used));
        else Parallel.For(0, models.Length, parallel, play);
        used = 0;
    }

    /// <summary>Lets a model do what a code at the front says; returns the words that took.</summary>
    public static int Operate(ICurveModel model, ReadOnlySpan<ulong> words)
    {
        switch (words[0])
        {
            case DropCode:
                model.Drop(words[1], words[2]);
                return 3;
            case RefuseCode:
                model.Refuse(words[1]);
                return 2;
            case SuspectCode:
                int candidates = (int)words[2];
                Touch(model, words[1], words.Slice(3, candidates));
                return 3 + candidates;
            default:
                model.Restart();
                return 1;
        }
    }

    // Caches that still hold the old entry hit it and the others do not: no order of one stack is right for both, so it is counted and taken for a hit.
    private static void Touch(ICurveModel model, ulong key, ReadOnlySpan<ulong> candidates)
    {
        foreach (ulong candidate in candidates)
        {
            if (candidate == key || !model.Holds(candidate)) continue;
            model.NoteStale();
            model.Reference(candidate);
            return;
        }
        if (key != 0) model.Reference(key);
    }
}
