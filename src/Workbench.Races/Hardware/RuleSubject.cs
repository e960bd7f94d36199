namespace Workbench.Races.Hardware;

/// <summary>What a rule of the hardware is about. Each is a promise or a freedom; a model can be asked what the verdict would be with the opposite.</summary>
public enum RuleSubject
{
    /// <summary>A write that meets a translation cached as clean looks at memory again and sets D before it goes on.</summary>
    CleanEntriesAreChecked,
    /// <summary>A write that meets a translation cached as dirty touches no entry in memory: why a clear needs an invalidation.</summary>
    DirtyEntriesAreTrusted,
    /// <summary>A and D are set by compare-and-swap against the word that was walked, and a changed word is judged anew.</summary>
    UpdatesAreAtomic,
    /// <summary>D is visible before the data of the write that caused it.</summary>
    DirtyBeforeData,
    /// <summary>The data of a write that has its translation land at any later time.</summary>
    WritesLandLater,
    /// <summary>A completed invalidation leaves no walk that began before it and could bring back what it removed.</summary>
    CompletionEndsWalks,
    /// <summary>A completed invalidation, or fence, leaves no write in flight that uses what it removed.</summary>
    CompletionDrainsWrites,
    /// <summary>A fence that drains counts the writes to wait for when the commands before it have completed, those that these commands met half way included.</summary>
    FencesCountLate,
    /// <summary>A completed invalidation or fence leaves no update of D invisible that an earlier access caused.</summary>
    CompletionPublishesDirty,
    /// <summary>An update of D that is not visible to loads yet comes before any later exchange or store of software on the entry: it cannot fail any more.</summary>
    LateUpdatesAreCommitted,
    /// <summary>Commands between two waits are executed in the order in which they were submitted (or, elsewhere, in any).</summary>
    CommandsInOrder,
    /// <summary>Where the size of a leaf changes at once, old and new translations may be used side by side without a fault.</summary>
    SizesMayMeet,
    /// <summary>A leaf marked nT is not cached.</summary>
    NonTranslatingIsNotCached,
    /// <summary>Of a leaf made of several entries the hardware marks the one it walked.</summary>
    OneMemberIsMarked,
    /// <summary>The first stage's A and D are written through the second stage, which marks the page of the guest's table dirty.</summary>
    GuestTablesAreTracked,
    /// <summary>Where tracking is off, A and D are ignored (or, elsewhere, a clear D faults).</summary>
    TrackingOff,
    /// <summary>A translation for a device that will write sets D when it is handed out.</summary>
    AtsSetsDirty,
    /// <summary>A completed invalidation of a device's TLB leaves no write in flight that the device translated before.</summary>
    AtsDrainsWrites,
}
