namespace Workbench.Iommu.RiscV;

/// <summary>How a page-request group is answered: the response code of ATS.PRGR, 4 bits; codes 2 to 14 count as failure. PCIe, "PRG Response" [M].</summary>
public enum RiscVPageResponse : byte
{
    /// <summary>Every page of the group is there.</summary>
    Success = 0,
    /// <summary>A page does not exist or may not be accessed so.</summary>
    InvalidRequest = 1,
    /// <summary>The interface failed and is switched off at the function.</summary>
    Failure = 15,
}
