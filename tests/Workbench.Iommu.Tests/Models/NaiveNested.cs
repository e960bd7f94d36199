using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Tests.Models;

/// <summary>
/// The oracle of two stages: two lists of leaves, and where the first stage's tables lie in guest memory. Every entry of the first stage
/// is read through the second, and changed through it too. x86-64 tables over any second stage with leaves that fill one entry each.
/// </summary>
internal sealed class NaiveNested(NaiveMappings first, NaiveMappings second, IReadOnlyDictionary<(int Level, ulong Number), ulong> tables, int rootLevel, BitKeeping firstKeeps, bool secondKeeps)
{
    private readonly HashSet<(int Level, ulong Number)> accessedTables = [];

    public NaiveMappings First => first;
    public NaiveMappings Second => second;

    public readonly record struct Outcome(FaultKind Fault, WalkFault Where, ulong Physical, int SizeLog2, Permission Permission, bool DirtyKnown);

    private static int Shift(int level) => 12 + (9 * level);

    public Outcome Walk(ulong iova, AccessKind kind)
    {
        if (iova >> (Shift(rootLevel) + 8) is not 0) return Refused(FaultKind.NotCanonical, new(FaultStage.First));
        NaiveLeaf? leaf = first.Find(iova);
        for (int level = rootLevel; ; level--)
        {
            ulong slot = tables[(level, iova >> (Shift(level) + 9))] + ((iova >> Shift(level)) % 512 * 8);
            if (SecondStage(slot, AccessKind.Read) is { Fault: not FaultKind.None } unread) return Refused(unread.Fault, new(FaultStage.Second, new(slot), OnTable: true));
            (int Level, ulong Number) below = (level - 1, iova >> Shift(level));
            if (leaf is not null && leaf.SizeLog2 == Shift(level)) return Leaf(leaf, slot, iova, kind);
            if (!tables.ContainsKey(below)) return Refused(FaultKind.NotPresent, new(FaultStage.First));
            if (firstKeeps != BitKeeping.ByHardware || accessedTables.Contains(below)) continue;
            if (Change(slot) is { } refused) return refused;
            accessedTables.Add(below);
        }
    }

    private Outcome Leaf(NaiveLeaf leaf, ulong slot, ulong iova, AccessKind kind)
    {
        bool mayWrite = (leaf.Permission & Permission.Write) != 0;
        if (firstKeeps == BitKeeping.Faults && !leaf.Accessed) return Refused(FaultKind.AccessedIsClear, new(FaultStage.First));
        if (kind == AccessKind.Write && !mayWrite) return Refused(FaultKind.NoWritePermission, new(FaultStage.First));
        if (kind == AccessKind.Write && firstKeeps == BitKeeping.Faults && !leaf.Dirty) return Refused(FaultKind.DirtyIsClear, new(FaultStage.First));
        bool dirties = kind == AccessKind.Write || (kind == AccessKind.TranslateToWrite && mayWrite);
        if (firstKeeps == BitKeeping.ByHardware && (!leaf.Accessed || (dirties && !leaf.Dirty)))
        {
            if (Change(slot) is { } refused) return refused;
            leaf.Accessed = true;
            leaf.Dirty |= dirties;
        }
        bool known = firstKeeps == BitKeeping.Ignored || leaf.Dirty;
        ulong gpa = leaf.Physical + (iova - leaf.Start);
        // A translation that will not be granted for writing must not make the page dirty.
        AccessKind onward = kind == AccessKind.TranslateToWrite && !(mayWrite && known) ? AccessKind.TranslateToRead : kind;
        (FaultKind fault, NaiveLeaf? page) = SecondStage(gpa, onward);
        if (fault != FaultKind.None) return Refused(fault, new(FaultStage.Second, new(gpa)));
        return new(FaultKind.None, default, page!.Physical + (gpa - page.Start), Math.Min(leaf.SizeLog2, page.SizeLog2), leaf.Permission & page.Permission, known && (!secondKeeps || page.Dirty));
    }

    /// <summary>A change of a first-stage entry is a write of guest memory.</summary>
    private Outcome? Change(ulong slot) =>
        SecondStage(slot, AccessKind.Write) is { Fault: not FaultKind.None } refused ? Refused(refused.Fault, new(FaultStage.Second, new(slot), OnTable: true, ToUpdateTable: true)) : null;

    private (FaultKind Fault, NaiveLeaf? Page) SecondStage(ulong gpa, AccessKind kind)
    {
        if (second.Find(gpa) is not { } leaf) return (FaultKind.NotPresent, null);
        if (kind == AccessKind.Write && (leaf.Permission & Permission.Write) == 0) return (FaultKind.NoWritePermission, null);
        if (kind == AccessKind.Read && (leaf.Permission & Permission.Read) == 0) return (FaultKind.NoReadPermission, null);
        if (secondKeeps)
        {
            leaf.Accessed = true;
            leaf.Dirty |= kind == AccessKind.Write || (kind == AccessKind.TranslateToWrite && (leaf.Permission & Permission.Write) != 0);
        }
        return (FaultKind.None, leaf);
    }

    private static Outcome Refused(FaultKind fault, WalkFault where) => new(fault, where, 0, 0, Permission.None, false);
}
