namespace Workbench.Races.Search;

/// <summary>What must never happen, worst first; None: nothing did.</summary>
public enum RaceProperty
{
    /// <summary>Every property holds.</summary>
    None,
    /// <summary>At the end a page differs from its copy and nobody will ever be told.</summary>
    LostPage,
    /// <summary>An access or an update of A or D reached memory that is someone else's by then.</summary>
    WrongTranslation,
    /// <summary>The TLB met two entries for one address where the architecture lets it raise a conflict.</summary>
    TlbConflict,
    /// <summary>A legal access faulted.</summary>
    SpuriousFault,
    /// <summary>A table that nothing points to was not freed.</summary>
    Leak,
    /// <summary>One write was reported in more rounds than two.</summary>
    OverReport,
    /// <summary>Nothing can happen any more although a program has not ended, or the programs never end.</summary>
    Stuck,
}
