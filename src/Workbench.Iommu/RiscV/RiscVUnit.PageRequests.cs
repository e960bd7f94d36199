using Workbench.Iommu.Ats;
using Workbench.Iommu.Faults;

namespace Workbench.Iommu.RiscV;

/// <content>Page requests of devices. RISC-V IOMMU, "PCIe ATS Page Request handling" and "Page-Request-Queue" [S].</content>
public sealed partial class RiscVUnit
{
    private const ulong PageRequestMessageCode = 4;

    private readonly Dictionary<(RequesterId Device, int Group), RiscVPageResponse> answers = [];

    /// <summary>Software's handler of the page-request interrupt: takes records from <see cref="PageRequestQueue"/> and answers each group with ATS.PRGR.</summary>
    public Action? OnPageRequest { get; set; }

    /// <summary>
    /// A device's page request, the last of its group: queued for software, or answered by the unit itself. A group that software leaves without
    /// answer fails, as the device cannot wait here.
    /// </summary>
    public PageResponse RequestPage(PageRequest request)
    {
        FaultKind fault = FindRequester(request.Device, out RiscVDeviceContext dc);
        if (fault != FaultKind.None)
        {
            RecordMessage(request, fault, dc);
            return fault is FaultKind.TranslationRequestBlocked or FaultKind.DeviceBeyondTable ? PageResponse.InvalidRequest : PageResponse.Failure;
        }
        Span<ulong> words = stackalloc ulong[RiscVPageRequest.WordCount];
        new RiscVPageRequest
        {
            DeviceId = RiscVDeviceId.Of(request.Device),
            HasProcessId = request.Pasid is not null,
            ProcessId = new((request.Pasid?.Value ?? 0) & Pasid.MaxValue),
            WantsRead = true,
            WantsWrite = request.ToWrite,
            IsLast = true,
            Group = request.Group,
            Page = new(request.Page.Value & ~RiscVWords.PageOffset),
        }.Write(words);
        // A full queue is answered with success: the device asks again, and finds the page or room in the queue.
        if (!PageRequestQueue.TryPut(words)) return PageRequestQueue.Overflowed && !PageRequestQueue.MemoryFaulted ? PageResponse.Success : PageResponse.Failure;
        answers.Remove((request.Device, request.Group));
        OnPageRequest?.Invoke();
        return !answers.Remove((request.Device, request.Group), out RiscVPageResponse answer) ? PageResponse.Failure
            : answer switch { RiscVPageResponse.Success => PageResponse.Success, RiscVPageResponse.InvalidRequest => PageResponse.InvalidRequest, _ => PageResponse.Failure };
    }

    private FaultKind FindRequester(RequesterId device, out RiscVDeviceContext dc)
    {
        dc = default;
        if (directory.Mode == RiscVDeviceDirectoryMode.Off) return FaultKind.DeviceBlocked;
        if (directory.Mode == RiscVDeviceDirectoryMode.Bare) return FaultKind.TranslationRequestBlocked;
        FaultKind fault = FindDevice(RiscVDeviceId.Of(device), out dc);
        if (fault != FaultKind.None) return fault;
        return dc.PageRequestIsEnabled && dc.AtsIsEnabled ? FaultKind.None : FaultKind.TranslationRequestBlocked;
    }

    private void RecordMessage(PageRequest request, FaultKind fault, in RiscVDeviceContext dc)
    {
        RiscVFaultCause cause = RiscVFaults.CauseOf(fault, default, isWrite: false);
        bool isFound = fault == FaultKind.TranslationRequestBlocked && dc.IsValid;
        if (isFound && dc.FaultsAreSuppressed && !cause.IsRecordedWhenSuppressed) return;
        Put(new()
        {
            Cause = cause,
            HasProcessId = request.Pasid is not null,
            ProcessId = new((request.Pasid?.Value ?? 0) & Pasid.MaxValue),
            TransactionType = RiscVTransactionType.Message,
            DeviceId = RiscVDeviceId.Of(request.Device),
            Address = new(PageRequestMessageCode),
        });
    }
}
