using System.Diagnostics;
using System.Runtime.InteropServices;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Vtd;

/// <content>
/// Descriptors and waits. Device TLBs come after the IOTLB and a wait of its own: a translation that a device asked for meanwhile must not be made from
/// what is just being dropped.
/// </content>
public sealed partial class VtdProtocol
{
    private const int QueueDescriptors = 128;

    private static readonly AlignedRange Everything = new(0, AlignedRange.MaximumAddressMask);

    private readonly Spa statusWord;
    private readonly CommandRing ring;
    private readonly List<VtdDescriptor> translations = [];
    private readonly List<VtdDescriptor> deviceTlbs = [];
    private readonly List<AlignedRange> pieces = [];
    private uint waits;
    private int unsent;

    /// <inheritdoc/>
    public int InvalidateRange(Domain domain, ulong firstByte, ulong lastByte, bool leafOnly, int leafLog2)
    {
        ArgumentNullException.ThrowIfNull(domain);
        Cut(firstByte & ~0xFFFUL, lastByte | 0xFFF, leafLog2);
        return Invalidate(domain, leafOnly);
    }

    /// <inheritdoc/>
    public int InvalidateDomain(Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        pieces.Clear();
        return Invalidate(domain, leafOnly: false);
    }

    /// <inheritdoc/>
    public int InvalidateAll()
    {
        translations.Add(VtdDescriptor.IotlbGlobal());
        foreach (RequesterId device in devices) AddDeviceTlb(device, null, Everything);
        return Submit();
    }

    /// <inheritdoc/>
    public int Fence() => 0; // D is set before the data lands: there is nothing to wait for

    /// <summary>Cuts a range into pieces as the profile has it; none stand for the whole domain.</summary>
    private void Cut(ulong first, ulong last, int leafLog2)
    {
        pieces.Clear();
        switch (profile.Shape)
        {
            case InvalidationShape.AsLinux or InvalidationShape.AlignedPowerOfTwo:
                pieces.Add(AlignedRange.Enclosing(first, last));
                break;
            case InvalidationShape.ExactPieces:
                TakeUpToMost(AlignedRange.Exactly(first, last));
                break;
            case InvalidationShape.PerLeaf:
                TakeUpToMost(AlignedRange.InSteps(first, last, Math.Max(12, leafLog2)));
                break;
            case InvalidationShape.WholeDomain:
                break;
            default:
                throw new UnreachableException($"VtdIommu refuses the shape {profile.Shape}");
        }
    }

    private void TakeUpToMost(IEnumerable<AlignedRange> ranges)
    {
        foreach (AlignedRange range in ranges)
        {
            if (profile.MostCommands > 0 && pieces.Count == profile.MostCommands)
            {
                pieces.Clear();
                return;
            }
            pieces.Add(range);
        }
    }

    /// <summary>Drops the pieces of a domain, all of it if there are none, and of what is nested on it.</summary>
    private int Invalidate(Domain domain, bool leafOnly)
    {
        if (usesFirstStage)
            foreach (Pasid pasid in domain.Attachments.Select(a => a.Pasid ?? default).Distinct()) AddFirstStage(domain.Id, pasid, leafOnly);
        else AddSecondStage(domain.Id, leafOnly);
        if (unit.Extended.SupportsDeviceTlb)
            foreach ((RequesterId device, Pasid? pasid) in domain.Attachments) AddDeviceTlbs(device, pasid);
        // Whoever nests on the domain has translations under a tag of its own, and its device TLBs are asked by other addresses than these.
        foreach (VtdNestedDomain child in ChildrenOf(domain.Id))
        {
            AddSecondStage(child.Id, leafOnly);
            foreach ((RequesterId device, Pasid? pasid) in child.Attachments) AddDeviceTlb(device, pasid, Everything);
        }
        return Submit();
    }

    private void AddSecondStage(DomainId id, bool leafOnly)
    {
        // MAMV binds type 2 only.
        if (pieces.Count == 0 || !unit.Capability.SupportsPageSelectiveInvalidation || pieces.Exists(p => p.AddressMask > unit.Capability.MaximumAddressMask)) translations.Add(VtdDescriptor.IotlbDomain(id));
        else foreach (AlignedRange piece in pieces) translations.Add(VtdDescriptor.IotlbPages(id, piece, leafOnly));
    }

    private void AddFirstStage(DomainId id, Pasid pasid, bool leafOnly)
    {
        if (pieces.Count == 0 || pieces.Exists(p => p.AddressMask >= AlignedRange.MaximumAddressMask)) translations.Add(VtdDescriptor.PasidIotlbAll(id, pasid));
        else foreach (AlignedRange piece in pieces) translations.Add(VtdDescriptor.PasidIotlbPages(id, pasid, piece, leafOnly));
    }

    private void AddDeviceTlbs(RequesterId device, Pasid? pasid)
    {
        if (pieces.Count == 0) AddDeviceTlb(device, pasid, Everything);
        else foreach (AlignedRange piece in pieces) AddDeviceTlb(device, pasid, piece);
    }

    private void AddDeviceTlb(RequesterId device, Pasid? pasid, AlignedRange range)
    {
        if (!unit.Extended.SupportsDeviceTlb) return;
        deviceTlbs.Add(pasid is { } named ? VtdDescriptor.PasidDeviceTlb(device, named, range) : VtdDescriptor.DeviceTlb(device, range));
    }

    /// <summary>Queues what was added, waits, queues what devices are to drop, and waits again; returns the descriptors it took.</summary>
    private int Submit()
    {
        int count = Send(translations);
        if (deviceTlbs.Count > 0) count += Send(deviceTlbs);
        CommandsSubmitted += count;
        return count;
    }

    private int Send(List<VtdDescriptor> descriptors)
    {
        foreach (ref readonly VtdDescriptor descriptor in CollectionsMarshal.AsSpan(descriptors)) Enqueue(descriptor);
        int count = descriptors.Count + 1;
        descriptors.Clear();
        waits = unchecked(waits + 1);
        Enqueue(VtdDescriptor.WaitWithStatus(statusWord, waits));
        WriteTail();
        if (unit.QueueError != VtdDescriptorError.None || (uint)memory.Word(statusWord) != waits)
            throw new UnreachableException($"The invalidation queue stopped at descriptor {unit.QueueHead}: {unit.QueueError}.");
        return count;
    }

    private void Enqueue(in VtdDescriptor descriptor)
    {
        // A ring that is nearly full is handed over; hardware is done with it when that returns.
        if (unsent == QueueDescriptors - 2) WriteTail();
        Span<ulong> words = stackalloc ulong[VtdDescriptor.WideWordCount];
        descriptor.Write(words);
        ring.Enqueue(words);
        unsent++;
    }

    private void WriteTail()
    {
        unsent = 0;
        unit.WriteQueueTail(ring.Tail);
    }
}
