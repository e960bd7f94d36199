using Workbench.Iommu;

namespace Workbench.Replay.Trackers;

/// <summary>
/// One way to find out which pages devices wrote. A tracker is built for one replay; it reports to each domain's oracle, which alone knows the
/// truth. What it does takes trace time: its methods that do are threads of software (<see cref="Software.SoftwareThread"/>).
/// </summary>
internal interface IDirtyTracker
{
    /// <summary>Does it find every page, if its flush strategy is sound?</summary>
    bool IsSound { get; }

    /// <summary>Is it to be told of each write that reached memory?</summary>
    bool SeesWrites => false;

    /// <summary>Is it to be told which pages a device driver maps for DMA?</summary>
    bool SeesMappings => false;

    /// <summary>Can it answer an access that faulted, so that the device tries again?</summary>
    bool HandlesFaults => false;

    /// <summary>Tracking of a domain begins: when the replay's does, or when the domain is made.</summary>
    void Start(DomainOracle domain);

    /// <summary>One harvest of a domain; when it has ended, the report is complete and final. <paramref name="isLast"/>: the device has stopped.</summary>
    IEnumerable<long> Harvest(DomainOracle domain, bool isLast);

    /// <summary>A write of a device reached these pages.</summary>
    void Wrote(DomainOracle domain, RequesterId device, ulong firstPage, ulong lastPage) { }

    /// <summary>A device driver mapped these pages (of the replayed view) for DMA.</summary>
    void Mapped(DomainOracle domain, ulong firstPage, ulong lastPage) { }

    /// <summary>It unmapped them.</summary>
    void Unmapped(DomainOracle domain, ulong firstPage, ulong lastPage) { }

    /// <summary>An access was refused for want of permission; true if the device is to try again.</summary>
    bool Resolve(DomainOracle domain, in DmaRequest request) => false;
}
