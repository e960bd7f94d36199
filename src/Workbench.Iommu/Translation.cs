using Workbench.Display;
using Workbench.Iommu.Display;
using Workbench.Iommu.Faults;

namespace Workbench.Iommu;

/// <summary>How a request came by its translation.</summary>
public enum TranslationSource : byte
{
    /// <summary>From the IOTLB, without touching memory.</summary>
    Iotlb,
    /// <summary>By a walk, after the IOTLB had no entry.</summary>
    Walk,
    /// <summary>By a walk, because the cached entry was not known dirty (or did not allow the access).</summary>
    Rewalk,
    /// <summary>From the device's own TLB, without asking the IOMMU (ATS).</summary>
    DeviceTlb,
}

/// <summary>The outcome of one request: an address and the size of the page used, or a fault.</summary>
[TypeFormatterSource(typeof(SelfFormatter<Translation, TranslationDisplay>))]
public struct Translation
{
    /// <summary>Physical address of the request's first byte; 0 with a fault.</summary>
    public ulong Physical;
    /// <summary>The leaf entry's page as a power of two: the translation is good to that page's end.</summary>
    public byte PageLog2;
    /// <summary>Why there is no translation, or None.</summary>
    public FaultKind Fault;
    /// <summary>Where it came from.</summary>
    public TranslationSource Source;
    /// <summary>What a translation request (ATS) was granted; not filled in for other requests.</summary>
    public Permission Granted;
    /// <summary>
    /// A write that went through a cached entry believed dirty while the entry in memory is clean: nothing will ever report it unless
    /// something else dirties the page. Filled in only while the IOMMU diagnoses (see <see cref="IIommu.Diagnose"/>).
    /// </summary>
    public bool Swallowed;
}
