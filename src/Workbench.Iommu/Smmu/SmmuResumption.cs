namespace Workbench.Iommu.Smmu;

/// <summary>How a stalled transaction ended. IHI 0070 §4.7.1.</summary>
/// <param name="Request">The transaction.</param>
/// <param name="Translation">Its translation when it was retried; the fault that stalled it when it was terminated, or the one that ended the retry.</param>
/// <param name="IsAborted">Does the device hear of a failure? If not, it was translated, or terminated as if it had succeeded (reads give 0, writes are dropped).</param>
public readonly record struct SmmuResumption(DmaRequest Request, Translation Translation, bool IsAborted);
