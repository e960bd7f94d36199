using Workbench.Races.Search;

namespace Workbench.Races.Model;

/// <summary>What is true of each page (a bit each, or a small number), and of the machine.</summary>
internal readonly record struct PageMarks(ulong Bits)
{
    /// <summary>Rounds in which one write may be reported.</summary>
    public const int MostReports = 2;
    private const int StaleAt = 0, RecordedAt = 4, CreditAt = 8, ReleasedAt = 16, EndedAt = 20, LateAt = 24, LateOldAt = 32, StoppingBit = 40, QuietBit = 41, FreedBit = 42, LinkedBit = 43, ViolationAt = 44, UntrackedBit = 48;

    /// <summary>Pages whose memory is not what the copy holds.</summary>
    public int Stale => Bits.Get(StaleAt, 4);
    public PageMarks WithStale(int pages) => new(Bits.With(StaleAt, 4, pages));

    /// <summary>Pages in the bitmap.</summary>
    public int Recorded => Bits.Get(RecordedAt, 4);
    public PageMarks WithRecorded(int pages) => new(Bits.With(RecordedAt, 4, pages));

    /// <summary>How often a page may still be reported for what was written.</summary>
    public int Credit(int page) => Bits.Get(CreditAt + (page * 2), 2);
    public PageMarks WithCredit(int page, int value) => new(Bits.With(CreditAt + (page * 2), 2, value));

    /// <summary>Pages that were given back: they are someone else's memory.</summary>
    public int Released => Bits.Get(ReleasedAt, 4);
    public PageMarks WithReleased(int pages) => new(Bits.With(ReleasedAt, 4, pages));

    /// <summary>Pages whose mapping is to end: a fault on them is right.</summary>
    public int Ended => Bits.Get(EndedAt, 4);
    public PageMarks WithEnded(int pages) => new(Bits.With(EndedAt, 4, pages));

    /// <summary>Dirty updates that are not visible yet: bits 0 to 3 in a page's own entry, 4 to 7 in the block's for a page.</summary>
    public int Late => Bits.Get(LateAt, 8);
    public PageMarks WithLate(int updates) => new(Bits.With(LateAt, 8, updates));
    /// <summary>Those that a fence waits for.</summary>
    public int LateOld => Bits.Get(LateOldAt, 8);
    public PageMarks WithLateOld(int updates) => new(Bits.With(LateOldAt, 8, updates));

    /// <summary>Was the device told to begin nothing new?</summary>
    public bool IsStopping => Bits.Get(StoppingBit, 1) != 0;
    public PageMarks Stopping() => new(Bits.With(StoppingBit, 1, 1));
    /// <summary>Has it nothing under way either?</summary>
    public bool IsQuiet => Bits.Get(QuietBit, 1) != 0;
    public PageMarks Quiet() => new(Bits.With(QuietBit, 1, 1));

    /// <summary>Was the lower table given back?</summary>
    public bool IsTableFreed => Bits.Get(FreedBit, 1) != 0;
    public PageMarks TableFreed() => new(Bits.With(FreedBit, 1, 1));
    /// <summary>Was there ever a lower table that hardware could see?</summary>
    public bool HadTable => Bits.Get(LinkedBit, 1) != 0;
    public PageMarks WithTable() => new(Bits.With(LinkedBit, 1, 1));

    /// <summary>Does software count on it that no access has tracking any more?</summary>
    public bool IsUntracked => Bits.Get(UntrackedBit, 1) != 0;
    public PageMarks Untracked() => new(Bits.With(UntrackedBit, 1, 1));

    /// <summary>What is wrong in this state.</summary>
    public RaceProperty Violation => (RaceProperty)Bits.Get(ViolationAt, 4);
    public PageMarks Violating(RaceProperty property) => new(Bits.With(ViolationAt, 4, (int)property));
}
