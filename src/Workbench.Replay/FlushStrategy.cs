using System.Diagnostics;

namespace Workbench.Replay;

/// <summary>When and how a harvest invalidates the IOTLB. The last three are unsound: they show what goes wrong.</summary>
public enum FlushStrategy : byte
{
    /// <summary>Read and clear, then one invalidation over the hull of what was cleared, then wait: what Linux does.</summary>
    After,
    /// <summary>As After, but one invalidation and wait for each contiguous run of cleared leaves.</summary>
    PerRun,
    /// <summary>Read, clear, invalidate the hull and wait for one piece of the address space after the other (<see cref="Experiment.FlushChunk"/>).</summary>
    PerChunk,
    /// <summary>As After, but one invalidation and wait for each cleared leaf.</summary>
    PerPage,
    /// <summary>As After, but the whole domain, however little was cleared.</summary>
    Domain,
    /// <summary>Never: entries believed dirty swallow later writes.</summary>
    None,
    /// <summary>Invalidate the domain first, then read and clear: entries filled in between swallow later writes.</summary>
    Before,
    /// <summary>As After, but the reported pages are copied before the invalidation has completed: writes in between are swallowed.</summary>
    AfterCopy,
}

/// <summary>What follows from a strategy.</summary>
internal static class FlushStrategies
{
    extension(FlushStrategy flush)
    {
        /// <summary>Does it lose nothing?</summary>
        public bool IsSound => flush is not (FlushStrategy.None or FlushStrategy.Before or FlushStrategy.AfterCopy);

        /// <summary>Is something invalidated after the last entry was cleared?</summary>
        public bool IsInvalidatingLast => flush is not (FlushStrategy.None or FlushStrategy.Before);

        /// <summary>Which step lost a page that was written through a cached entry believed dirty.</summary>
        public string LossCause => flush switch
        {
            FlushStrategy.None => "D was cleared by a harvest that did not invalidate",
            FlushStrategy.Before => "it was filled after the harvest's invalidation and before its clear",
            FlushStrategy.AfterCopy => "its page was copied before the harvest's invalidation had completed",
            _ => throw new UnreachableException($"{flush} loses nothing"),
        };
    }
}
