namespace Workbench.Iommu.PageTables;

/// <summary>A format whose entries carry Accessed and Dirty state that hardware keeps.</summary>
public interface IDirtyTrackingFormat : IPageTableFormat
{
    /// <summary>Does hardware set Accessed in entries that point to tables?</summary>
    static abstract bool MarksTablesAccessed { get; }
    /// <summary>Is Accessed set?</summary>
    static abstract bool IsAccessed(ulong entry);
    /// <summary>Does the leaf say it was written?</summary>
    static abstract bool IsDirty(ulong entry);
    /// <summary>The entry with Accessed set.</summary>
    static abstract ulong MarkAccessed(ulong entry);
    /// <summary>The leaf with Accessed and Dirty set.</summary>
    static abstract ulong MarkDirty(ulong entry);
    /// <summary>The leaf with Dirty cleared; Accessed stays.</summary>
    static abstract ulong Clean(ulong entry);

    /// <summary>
    /// What a scan picks the entries of a level by: every present dirty leaf matches. Others may too, but no entry that is 0, a clean leaf or a
    /// table's.
    /// </summary>
    static abstract EntryPattern DirtyPattern(int level);
    /// <summary>
    /// What a scan takes many at once by: only present dirty leaves that fill one entry each match, and all those as a driver writes them; what is dirty and
    /// does not match is looked at by itself. <see cref="Clean"/> flips the same bits in all that match.
    /// </summary>
    static abstract EntryPattern DirtySinglePattern(int level);
    /// <summary>
    /// What a scan finds the tables of a level above 0 by: every pointer to a table without reserved bits matches, and no leaf. Whether 0 matches
    /// does not matter: an entry of 0 is never taken for a table.
    /// </summary>
    static abstract EntryPattern TablePattern(int level);

    /// <summary>
    /// What a walk knows most table pointers by, without a question: an entry of a level above 0 that matches is present, points to a table, has no reserved bit and allows everything.
    /// </summary>
    static abstract EntryPattern OrdinaryTable(int level);
    /// <summary>
    /// What a walk knows most leaves by: an entry that matches is a present leaf of its level's own size, without a reserved bit or one that keeps it from being cached, and allows reading. What else
    /// it allows, Accessed and Dirty are not in it.
    /// </summary>
    static abstract EntryPattern OrdinaryLeaf(int level);
}
