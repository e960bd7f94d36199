using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Smmu;

/// <summary>
/// One entry of the command queue, 128 bits. IHI 0070 chapter 4: opcodes, meanings and rules [S]; positions, drawn there as
/// pictures, from Linux [L] and a public emulator [M]. A property has a meaning only for the opcodes it names.
/// </summary>
public readonly partial record struct SmmuCommand(ulong Word0, ulong Word1)
{
    /// <summary>Size in 64-bit words.</summary>
    public const int WordCount = 2;
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 16;

    /// <summary>What the command asks for. Bits 7:0. May be a number that is no opcode.</summary>
    public SmmuOpcode Opcode => (SmmuOpcode)Word0.Field(7, 0);

    /// <summary>Whether the StreamID is Secure (SSec): prefetch, CFGI, resume, stall termination. Bit 10; illegal in the Non-secure queue.</summary>
    public bool IsSecureStream => Word0.Bit(10);

    /// <summary>Whether there is a SubstreamID (SSV): prefetch, ATC_INV, PRI_RESP. Bit 11.</summary>
    public bool HasSubstream => Word0.Bit(11);

    /// <summary>SubstreamID: prefetch, CFGI_CD, ATC_INV, PRI_RESP. Bits 31:12.</summary>
    public Pasid Substream => new((uint)Word0.Field(31, 12));

    /// <summary>StreamID: prefetch, CFGI, ATC_INV, PRI_RESP, RESUME, STALL_TERM. Bits 63:32.</summary>
    public uint StreamId => (uint)Word0.Field(63, 32);

    /// <summary>Log2 of the streams of CFGI_STE_RANGE minus 1 (Range), 0 to 31. Bits 68:64.</summary>
    public int StreamRange => (int)Word1.Field(4, 0);

    /// <summary>First stream of a CFGI command: the stream, or the start of the aligned range.</summary>
    public uint FirstStreamId => StreamId & ~StreamMask;

    /// <summary>Last stream of a CFGI command, included.</summary>
    public uint LastStreamId => StreamId | StreamMask;

    /// <summary>VMID of the TLBI commands for NH, S12 and S2. Bits 47:32.</summary>
    public ushort Vmid => (ushort)Word0.Field(47, 32);

    /// <summary>ASID of TLBI_NH_ASID, NH_VA, EL2_ASID and EL2_VA. Bits 63:48.</summary>
    public ushort Asid => (ushort)Word0.Field(63, 48);

    /// <summary>Whether only the last level is concerned: CFGI_STE, CFGI_CD and TLBI by address. Bit 64.</summary>
    public bool IsLeafOnly => Word1.Bit(0);

    /// <summary>Address of a TLBI by address, ATC_INV or PREFETCH_ADDR. Bits 127:76.</summary>
    public ulong Address => Word1.Address(63, 12);

    /// <summary>Log2 of the translations PREFETCH_ADDR asks for (Size). Bits 68:64.</summary>
    public int PrefetchSize => (int)Word1.Field(4, 0);

    /// <summary>Log2 of the gap between them in 4 KiB (Stride). Bits 73:69.</summary>
    public int PrefetchStride => (int)Word1.Field(9, 5);

    /// <summary>Whether ATC_INV is for every PASID (G); ignored without SSV. Bit 9.</summary>
    public bool IsForEveryPasid => Word0.Bit(9);

    /// <summary>Log2 of the span of ATC_INV in 4 KiB (Size), 0 to 52. Bits 69:64.</summary>
    public int AtcSize => (int)Word1.Field(5, 0);

    /// <summary>Page request group that PRI_RESP answers (PRGIndex). Bits 72:64.</summary>
    public int PageRequestGroup => (int)Word1.Field(8, 0);

    /// <summary>The answer of PRI_RESP (Resp). Bits 77:76.</summary>
    public SmmuPageResponse PageResponse => (SmmuPageResponse)Word1.Field(13, 12);

    /// <summary>What RESUME does (Ac, Ab). Bits 13:12.</summary>
    public SmmuResumeAction ResumeAction => (SmmuResumeAction)Word0.Field(13, 12);

    /// <summary>Which stalled transaction RESUME means (STAG), as the event gave it. Bits 79:64.</summary>
    public ushort StallTag => (ushort)Word1.Field(15, 0);

    /// <summary>How SYNC reports (CS). Bits 13:12.</summary>
    public SmmuSyncSignal SyncSignal => (SmmuSyncSignal)Word0.Field(13, 12);

    /// <summary>Shareability of the message of SYNC (MSH): 0 none, 2 outer, 3 inner. Bits 23:22.</summary>
    public int MessageShareability => (int)Word0.Field(23, 22);

    /// <summary>Memory type of the message of SYNC (MSIAttr), as STE.MemAttr. Bits 27:24.</summary>
    public int MessageAttributes => (int)Word0.Field(27, 24);

    /// <summary>What the message of SYNC writes (MSIData). Bits 63:32.</summary>
    public uint MessageData => (uint)Word0.Field(63, 32);

    /// <summary>Where the message of SYNC goes, 4-byte aligned (MSIAddress); 0 means no message. Bits 119:66.</summary>
    public Spa MessageAddress => new(Word1.Address(55, 2));

    /// <summary>Reads the command from the first two words, without judging it.</summary>
    public static SmmuCommand Read(ReadOnlySpan<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "command");
        return new(words[0], words[1]);
    }

    /// <summary>Writes the command to the first two words.</summary>
    public void Write(Span<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "command");
        words[0] = Word0;
        words[1] = Word1;
    }

    // 2^(Range+1) streams: Range 0 is a pair, Range 31 all of them. C# would mask a 32-bit shift.
    private uint StreamMask => Opcode == SmmuOpcode.CfgiSteRange ? (uint)Bits.Mask(StreamRange + 1) : 0;
}
