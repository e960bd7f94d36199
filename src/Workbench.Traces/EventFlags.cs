namespace Workbench.Traces;

/// <summary>How an event is to be taken. The values are part of the .dmat format.</summary>
[Flags]
public enum EventFlags : byte
{
    /// <summary>Nothing special: data, recorded as it stands.</summary>
    None = 0,
    /// <summary>Map and Translate: the device may read through the mapping.</summary>
    MayRead = 1,
    /// <summary>Map and Translate: the device may write through the mapping.</summary>
    MayWrite = 2,
    /// <summary>Translate: the recorder's IOTLB held the entry (a hit, not a fill).</summary>
    Hit = 4,
    /// <summary>Read and Write: a ring, descriptor, queue or doorbell access, not payload.</summary>
    Ring = 8,
    /// <summary>The direction was inferred by the importer, not recorded.</summary>
    DirectionInferred = 16,
    /// <summary>The length was inferred by the importer, not recorded.</summary>
    LengthInferred = 32,
    /// <summary>The whole event was inferred by the importer from others; for Map and Unmap: no software event said so.</summary>
    Inferred = 64,
    /// <summary>Write: a message-signalled interrupt; the target is an interrupt controller, not memory.</summary>
    Interrupt = 128,
}
