namespace Workbench.Iommu;

/// <summary>One untranslated request as the IOMMU sees it.</summary>
public readonly struct DmaRequest(RequesterId device, ulong iova, bool isWrite, uint pasidOrNone = DmaRequest.NoPasid)
{
    /// <summary>The value of <see cref="PasidOrNone"/> for a request without PASID.</summary>
    public const uint NoPasid = uint.MaxValue;

    /// <summary>The address of the first byte.</summary>
    public readonly ulong Iova = iova;
    /// <summary>The PASID, or <see cref="NoPasid"/>.</summary>
    public readonly uint PasidOrNone = pasidOrNone;
    /// <summary>Who asks.</summary>
    public readonly RequesterId Device = device;
    /// <summary>Does it write memory?</summary>
    public readonly bool IsWrite = isWrite;
}
