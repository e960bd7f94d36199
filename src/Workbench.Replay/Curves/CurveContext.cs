namespace Workbench.Replay.Curves;

/// <summary>What is remembered of a device, or of one PASID of it: whose its pages are, and the run of leaves it used last.</summary>
internal sealed class CurveContext(DomainOracle oracle, LeafRuns runs)
{
    private readonly ulong[] bases = new ulong[64];
    private ulong owner;
    private bool hasOwner;
    private long ownerEpoch;

    /// <summary>The domain it uses.</summary>
    public DomainOracle Oracle => oracle;
    /// <summary>What is known of the domain's table.</summary>
    public LeafRuns Runs => runs;

    /// <summary>Which state of the tables and attachments the rest is of; -1: of none.</summary>
    public long Version { get; set; } = -1;
    /// <summary>First byte of the run used last.</summary>
    public ulong RunFirst { get; private set; }
    /// <summary>Bytes of the run but one.</summary>
    public ulong RunSpan { get; private set; }
    /// <summary>Size of its leaves as a power of two of bytes.</summary>
    public int RunLog2 { get; private set; }
    /// <summary>What the keys of its pages have above the page's number.</summary>
    public ulong RunBase { get; private set; }

    /// <summary>Is it known whose its pages are, in this state of the attachments?</summary>
    public bool IsKnownAt(long epoch) => hasOwner && ownerEpoch == epoch;

    /// <summary>Notes whose its pages are.</summary>
    public void SetOwner(ulong found, long epoch)
    {
        if (found != owner || !hasOwner) bases.AsSpan().Clear();
        (owner, hasOwner, ownerEpoch) = (found, true, epoch);
    }

    /// <summary>Notes the run it uses.</summary>
    public void Use(in LeafRun run, PageKeys keys, long version)
    {
        (RunFirst, RunSpan, RunLog2, RunBase, Version) = (run.First, run.Last - run.First, run.LeafLog2, BaseOf(run.LeafLog2, keys), version);
    }

    /// <summary>What the keys of its pages of one size have above the page's number.</summary>
    public ulong BaseOf(int pageLog2, PageKeys keys)
    {
        ref ulong known = ref bases[pageLog2];
        return known != 0 ? known : known = keys.BaseOf(owner, pageLog2);
    }
}
