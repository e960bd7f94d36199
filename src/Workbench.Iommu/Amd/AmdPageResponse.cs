namespace Workbench.Iommu.Amd;

/// <summary>What a device is told about its page request, four bits of COMPLETE_PPR_REQUEST. Place [L], codes PCIe 6.0 §10.4.2 [R].</summary>
public enum AmdPageResponse : byte
{
    /// <summary>The pages of the group are there now.</summary>
    Success = 0,
    /// <summary>At least one page of the group will not come.</summary>
    InvalidRequest = 1,
    /// <summary>Page requests of this device no longer work.</summary>
    Failure = 15,
}
