namespace Workbench.Iommu;

/// <summary>One request as the IOMMU sees it.</summary>
public readonly struct DmaRequest(RequesterId device, ulong iova, bool isWrite, uint pasidOrNone = DmaRequest.NoPasid, bool isTranslationRequest = false)
{
    /// <summary>The value of <see cref="PasidOrNone"/> for a request without PASID.</summary>
    public const uint NoPasid = uint.MaxValue;

    /// <summary>The address of the first byte.</summary>
    public readonly ulong Iova = iova;
    /// <summary>The PASID, or <see cref="NoPasid"/>.</summary>
    public readonly uint PasidOrNone = pasidOrNone;
    /// <summary>Who asks.</summary>
    public readonly RequesterId Device = device;
    /// <summary>The PASID, or null for a request without.</summary>
    public readonly Pasid? Pasid => PasidOrNone == NoPasid ? null : new Pasid(PasidOrNone);
    /// <summary>Does it write memory? Of a translation request: may the device write (NW = 0)?</summary>
    public readonly bool IsWrite = isWrite;
    /// <summary>Is it a request for a translation (ATS), not for memory?</summary>
    public readonly bool IsTranslationRequest = isTranslationRequest;
}
