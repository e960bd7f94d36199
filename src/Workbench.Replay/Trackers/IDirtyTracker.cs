using Workbench.Iommu;
using Workbench.Iommu.Ats;

namespace Workbench.Replay.Trackers;

/// <summary>
/// One way to find out which pages devices wrote. A tracker is built for one replay; it reports to each domain's oracle, which alone knows the
/// truth. What it does takes trace time: its methods that do are threads of software (<see cref="Software.SoftwareThread"/>).
/// </summary>
internal interface IDirtyTracker
{
    /// <summary>Does it find every page, if its flush strategy is sound?</summary>
    bool IsSound { get; }

    /// <summary>Does it read D from the IOMMU's tables? If not, D is off where it can be, and what unmapped leaves hold is nobody's report.</summary>
    bool UsesDirtyBits => false;

    /// <summary>Is it to be told of each write that reached memory?</summary>
    bool SeesWrites => false;

    /// <summary>Is it to be told, in the gpa view, which guest memory a device driver maps for DMA?</summary>
    bool SeesPins => false;

    /// <summary>Can it answer an access that faulted, so that the device tries again?</summary>
    bool HandlesFaults => false;

    /// <summary>Faults and page requests answered so far, so that the device went on.</summary>
    long FaultsHandled => 0;

    /// <summary>How a page is lost that was written and not noticed; null: only as the dirty bits explain it.</summary>
    string? LossCause => null;

    /// <summary>Sentences for the reader of the result.</summary>
    IEnumerable<string> Notes => [];

    /// <summary>Tracking of a domain begins: when the replay's does, or when the domain is made.</summary>
    void Start(DomainOracle domain);

    /// <summary>One harvest of a domain; when it has ended, the report is complete and final. <paramref name="isLast"/>: the device has stopped.</summary>
    IEnumerable<long> Harvest(DomainOracle domain, bool isLast);

    /// <summary>A write of a device reached these pages; false if the tracker does not notice it.</summary>
    bool Wrote(DomainOracle domain, ulong firstPage, ulong lastPage) => true;

    /// <summary>The domain's table maps a range now; called while tracking is on.</summary>
    void Mapped(DomainOracle domain, ulong iova, ulong length) { }

    /// <summary>The leaves of a range are about to leave the domain's table; called while tracking is on.</summary>
    void Unmapping(DomainOracle domain, ulong iova, ulong length) { }

    /// <summary>A device driver of the gpa view's guest mapped this memory for DMA.</summary>
    void Pinned(ulong firstPage, ulong lastPage) { }

    /// <summary>One such mapping of this memory is gone.</summary>
    void Unpinned(ulong firstPage, ulong lastPage) { }

    /// <summary>An access faulted: software answers it, and puts the outcome in place of the fault if the device went on.</summary>
    void Resolve(DomainOracle domain, in DmaRequest request, ref Translation translation) { }

    /// <summary>A device asks for a page (PRI).</summary>
    PageResponse Answer(DomainOracle domain, in PageRequest request) => PageResponse.InvalidRequest;
}
