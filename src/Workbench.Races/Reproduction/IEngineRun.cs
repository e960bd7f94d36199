using Workbench.Races.Search;

namespace Workbench.Races.Reproduction;

/// <summary>A scene on a machine of the catalogue, played step by step.</summary>
internal interface IEngineRun : IDisposable
{
    /// <summary>How much is mapped.</summary>
    ulong BytesMapped { get; }
    /// <summary>What was broken so far.</summary>
    RaceProperty Broken { get; }
    /// <summary>Pages that differ from their copy, a bit each.</summary>
    int Stale { get; }
    /// <summary>Pages in the bitmap, a bit each.</summary>
    int Recorded { get; }
    /// <summary>Pages given back, a bit each.</summary>
    int Released { get; }
    /// <summary>Accesses that faulted.</summary>
    int Faults { get; }
    /// <summary>Have all programs ended?</summary>
    bool HasEnded { get; }

    /// <summary>The word of a slot as the model names it: pointers to the lower table are all one.</summary>
    ulong ModelWord(int slot);

    /// <summary>Does a step; <see cref="ArgumentException"/> if it cannot be done now.</summary>
    PlayedStep Do(ScheduleStep step);
}
