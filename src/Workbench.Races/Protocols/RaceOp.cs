namespace Workbench.Races.Protocols;

/// <summary>What one step of a program does; each is atomic.</summary>
internal enum RaceOp
{
    Load,
    Store,
    Swap,
    Clean,
    CompareAndSwap,
    Record,
    Copy,
    CopyAll,
    Submit,
    Wait,
    Tracking,
    StopDevice,
    DrainDevice,
    EndMapping,
    Release,
    FreeTable,
    Protect,
    ExpectUntracked,
}
