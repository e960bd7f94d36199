using Workbench.Iommu.Ats;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Vtd;

/// <content>Page requests (PRI): a queue in memory that hardware fills, and answers that come by descriptor.</content>
public sealed partial class VtdUnit
{
    private readonly Dictionary<(RequesterId Device, Pasid? Pasid, int Group), PageResponse?> outstanding = [];
    private Action? onPageRequests;

    /// <summary>PQA_REG: the page request queue.</summary>
    public Spa PageRequestBase { get; private set; }
    /// <summary>Requests the queue has places for; one stays free. 0: there is no queue, and devices may send none.</summary>
    public int PageRequestLength { get; private set; }
    /// <summary>PQH_REG: the next request software will read.</summary>
    public int PageRequestHead { get; private set; }
    /// <summary>PQT_REG: where hardware writes the next one.</summary>
    public int PageRequestTail { get; private set; }
    /// <summary>PRS_REG.PRO: a request came while the queue was full. Cleared by software.</summary>
    public bool PageRequestOverflow { get; private set; }

    /// <summary>Sets the page request queue, in entries of 32 bytes, and what its interrupt calls.</summary>
    public void SetPageRequestQueue(Spa queueBase, int length, Action onInterrupt)
    {
        (PageRequestBase, PageRequestLength, PageRequestHead, PageRequestTail, PageRequestOverflow) = (queueBase, length, 0, 0, false);
        onPageRequests = onInterrupt;
    }

    /// <summary>PQH_REG written by software, 0 to the length - 1; <paramref name="clearOverflow"/> writes 1 to PRS_REG.PRO.</summary>
    public void WritePageRequestHead(int head, bool clearOverflow = false)
    {
        if (head < 0 || head >= PageRequestLength) throw new ArgumentOutOfRangeException(nameof(head), $"Page request head {head} is outside the queue; 0 to {PageRequestLength - 1}.");
        PageRequestHead = head;
        if (clearOverflow) PageRequestOverflow = false;
    }

    /// <summary>
    /// A page request arrives from a device, alone in its group: it is queued, software is interrupted, and the answer that comes meanwhile goes
    /// back. None within that time is a failure.
    /// </summary>
    public PageResponse AskForPage(PageRequest request)
    {
        if (PageRequestLength == 0) return PageResponse.InvalidRequest;
        if (RefusePageRequest(request) is { } reason)
        {
            if (RecordsLookupFaults)
            {
                Record(new VtdFaultRecord
                {
                    Page = request.Page,
                    SourceId = request.Device,
                    Reason = reason,
                    Type = VtdRequestType.PageRequest,
                    HasPasid = request.Pasid is not null,
                    Pasid = new((request.Pasid?.Value ?? 0) & Iommu.Pasid.MaxValue),
                });
            }
            return PageResponse.InvalidRequest;
        }
        int next = (PageRequestTail + 1) % PageRequestLength;
        Spa at = new(PageRequestBase.Value + ((ulong)PageRequestTail * VtdPageRequest.SizeBytes));
        Span<ulong> words = stackalloc ulong[VtdPageRequest.WordCount];
        if (!memory.TryRead(at, words)) return PageResponse.Failure;
        if (next == PageRequestHead || PageRequestOverflow)
        {
            // The request is dropped and answered with success, so that the device asks again later.
            PageRequestOverflow = true;
            return PageResponse.Success;
        }
        (RequesterId, Pasid?, int) key = (request.Device, request.Pasid, request.Group);
        outstanding[key] = null;
        new VtdPageRequest(0, 0)
        {
            Type = VtdPageRequest.PageRequestType,
            HasPasid = request.Pasid is not null,
            SourceId = request.Device,
            Pasid = request.Pasid ?? default,
            WantsRead = true,
            WantsWrite = request.ToWrite,
            IsLastOfGroup = true,
            Group = request.Group,
            Page = request.Page,
        }.Write(words);
        memory.Write(at, words);
        PageRequestTail = next;
        onPageRequests?.Invoke();
        return outstanding.Remove(key, out PageResponse? answer) && answer is { } given ? given : PageResponse.Failure;
    }

    /// <summary>Why a device may not send page requests, or null.</summary>
    private VtdFaultReason? RefusePageRequest(PageRequest request)
    {
        Span<ulong> words = stackalloc ulong[VtdContextEntry.WordCount];
        FaultKind fault = ReadContext(request.Device, words, out VtdContextEntry entry);
        if (fault != FaultKind.None) return VtdFaults.ReasonOf(fault, default);
        if (!entry.PageRequestIsEnabled) return VtdFaultReason.PageRequestDisabled;
        return request.Pasid is not null && !entry.PasidIsEnabled ? VtdFaultReason.PasidDisabled : null;
    }

    private void Answer(in VtdDescriptor d)
    {
        // An answer nobody waits for is dropped by the device. Codes that PCIe reserves count as failures.
        (RequesterId, Pasid?, int) key = (d.AnsweredId, d.AnswersPasid ? d.Pasid : null, d.PageRequestGroup);
        if (!outstanding.ContainsKey(key)) return;
        outstanding[key] = d.ResponseCode switch { 0 => PageResponse.Success, 1 => PageResponse.InvalidRequest, _ => PageResponse.Failure };
    }
}
