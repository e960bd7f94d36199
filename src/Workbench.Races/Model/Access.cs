namespace Workbench.Races.Model;

/// <summary>How far an access is.</summary>
internal enum AccessPhase
{
    /// <summary>There is none.</summary>
    Idle,
    /// <summary>The next entry to read is the block's.</summary>
    WalkBlock,
    /// <summary>The next entry to read is the lower table's.</summary>
    WalkLeaf,
    /// <summary>An entry was read and is to be marked and used, on hardware that does not do all at once.</summary>
    Mark,
    /// <summary>A write has its translation; its data are on the way.</summary>
    Translated,
    /// <summary>The next entry to read is the guest's.</summary>
    ReadGuest,
    /// <summary>The page of the guest's table has to be dirty.</summary>
    MarkGuestTable,
    /// <summary>The guest's entry is to be marked.</summary>
    MarkGuest,
}

/// <summary>What an access is for.</summary>
internal enum AccessFor
{
    Read,
    Write,
    /// <summary>A device asks for a translation to write with (ATS).</summary>
    TranslateToWrite,
}

/// <summary>One access under way.</summary>
internal readonly record struct Access(uint Bits)
{
    public AccessPhase Phase => (AccessPhase)(Bits & 7);
    public AccessFor For => (AccessFor)((Bits >> 3) & 3);
    public int Page => (int)((Bits >> 5) & 3);
    /// <summary>Did its context have tracking on?</summary>
    public bool IsTracked => (Bits & (1u << 7)) != 0;
    /// <summary>Agents (a bit each) whose executed invalidation found it under way with what it invalidates.</summary>
    public int Old => (int)((Bits >> 8) & 3);
    /// <summary>Was it translated by the device's own TLB?</summary>
    public bool IsByDevice => (Bits & (1u << 10)) != 0;
    /// <summary>The slot read, and the word found there, while it is to be marked.</summary>
    public int Slot => (int)((Bits >> 11) & 7);
    public int Word => (int)((Bits >> 16) & 0xFF);

    public static Access Begin(AccessPhase phase, AccessFor what, int page, bool isTracked) => new((uint)phase | ((uint)what << 3) | ((uint)page << 5) | (isTracked ? 1u << 7 : 0));

    public Access At(AccessPhase phase) => new((Bits & ~7u) | (uint)phase);
    public Access MadeOld(int agent) => new(Bits | (1u << (8 + agent)));
    /// <summary>Did a fence count it? Kept only where it makes a difference.</summary>
    public bool IsCounted => (Bits & (1u << 24)) != 0;
    public Access Counted() => new(Bits | (1u << 24));
    public Access ByDevice() => new(Bits | (1u << 10));
    public Access Reading(int slot, int word) => new((Bits & ~(7u << 11) & ~(0xFFu << 16)) | ((uint)slot << 11) | ((uint)word << 16));
    /// <summary>Translated: what it read on its way matters no more.</summary>
    public Access Done() => Reading(0, 0).At(AccessPhase.Translated);
    public bool IsOldFor(int agent) => (Bits & (1u << (8 + agent))) != 0;
}
