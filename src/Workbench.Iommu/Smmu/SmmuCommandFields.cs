namespace Workbench.Iommu.Smmu;

/// <summary>How CMD_SYNC reports its completion: CS, bits 13:12. IHI 0070 §4.7.3 [S].</summary>
public enum SmmuSyncSignal : byte
{
    /// <summary>Not at all: software polls the consumer index (SIG_NONE).</summary>
    None = 0,
    /// <summary>By interrupt, wired or by message (SIG_IRQ).</summary>
    Interrupt = 1,
    /// <summary>By waking processors (SIG_SEV).</summary>
    Event = 2,
    /// <summary>Reserved; illegal.</summary>
    Reserved = 3,
}

/// <summary>How CMD_PRI_RESP answers a page request group: Resp, bits 77:76. IHI 0070 §4.5.2 [S].</summary>
public enum SmmuPageResponse : byte
{
    /// <summary>A permanent failure: the device stops asking (ResponseFailure).</summary>
    Failure = 0,
    /// <summary>A page of the group could not be provided (InvalidRequest).</summary>
    Invalid = 1,
    /// <summary>Every page of the group is there (Success).</summary>
    Success = 2,
    /// <summary>Reserved; illegal.</summary>
    Reserved = 3,
}

/// <summary>What CMD_RESUME does with a stalled transaction: Ac, bit 12, and Ab, bit 13. IHI 0070 §4.7.1 [S], positions [L].</summary>
public enum SmmuResumeAction : byte
{
    /// <summary>Terminates it: reads give 0, writes are dropped (Ac 0, Ab 0).</summary>
    Terminate = 0,
    /// <summary>Translates it anew (Ac 1).</summary>
    Retry = 1,
    /// <summary>Terminates it with an abort (Ac 0, Ab 1).</summary>
    Abort = 2,
    /// <summary>Retries too: Ab is ignored while Ac is 1.</summary>
    RetryIgnoringAbort = 3,
}

/// <summary>Why command consumption stopped: SMMU_CMDQ_CONS.ERR, bits 30:24. IHI 0070 §7.1 [S].</summary>
public enum SmmuCommandQueueError : byte
{
    /// <summary>It did not (CERROR_NONE).</summary>
    None = 0,
    /// <summary>The command is illegal (CERROR_ILL).</summary>
    Illegal = 1,
    /// <summary>The command could not be fetched (CERROR_ABT).</summary>
    Abort = 2,
    /// <summary>A CMD_SYNC found that an earlier CMD_ATC_INV timed out (CERROR_ATC_INV_SYNC).</summary>
    AtcInvalidationTimeout = 3,
}
