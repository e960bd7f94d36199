namespace Workbench.Iommu.Contexts;

/// <summary>What a device lookup resolves to on every vendor: where the table is and how it is to be walked.</summary>
public sealed record TranslationContext
{
    /// <summary>The tag that cached translations of this context carry.</summary>
    public required DomainId Domain { get; init; }
    /// <summary>Physical address of the top table.</summary>
    public required ulong Root { get; init; }
    /// <summary>Level of the top table: 2, 3 or 4 for 3, 4 or 5 levels.</summary>
    public required int RootLevel { get; init; }
    /// <summary>Highest IOVA that may be translated.</summary>
    public required ulong LastIova { get; init; }
    /// <summary>Largest leaf the part has, as a power of two of bytes; a larger one is a reserved bit.</summary>
    public required int LargestLeafLog2 { get; init; }
    /// <summary>Does hardware keep Accessed and Dirty bits?</summary>
    public required bool KeepsDirty { get; init; }
    /// <summary>May walks update entries coherently? If not, a needed A/D update faults.</summary>
    public required bool CoherentWalks { get; init; }
}
