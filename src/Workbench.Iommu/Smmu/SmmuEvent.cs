using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Smmu;

/// <summary>
/// A record of the event queue, 256 bits. IHI 0070 §7.3: codes, meanings and some layouts [S]; the layouts of translation faults,
/// drawn there as pictures, from Linux [L] and QEMU [M]. A property has a meaning only for the codes it names; the rest is 0.
/// </summary>
public readonly record struct SmmuEvent(ulong Word0, ulong Word1, ulong Word2 = 0, ulong Word3 = 0)
{
    /// <summary>Size in 64-bit words.</summary>
    public const int WordCount = 4;
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 32;

    /// <summary>A record of a stream and, if the transaction had one, its SubstreamID.</summary>
    public static SmmuEvent Of(SmmuEventCode code, uint streamId, Pasid? substream = null) => new()
    {
        Code = code,
        StreamId = streamId,
        HasSubstream = substream is not null && code != SmmuEventCode.BadSubstreamId,
        Substream = substream ?? default,
    };

    /// <summary>What is reported. Bits 7:0. May be a number that is no code.</summary>
    public SmmuEventCode Code { get => (SmmuEventCode)Word0.Field(7, 0); init => Word0 = Word0.WithField(7, 0, (ulong)value); }

    /// <summary>Whether the transaction had a SubstreamID (SSV). Bit 11; C_BAD_SUBSTREAMID always has one and no such bit.</summary>
    public bool HasSubstream { get => Word0.Bit(11); init => Word0 = Word0.WithBit(11, value); }

    /// <summary>SubstreamID of the transaction. Bits 31:12.</summary>
    public Pasid Substream { get => new((uint)Word0.Field(31, 12)); init => Word0 = Word0.WithField(31, 12, value.Value); }

    /// <summary>StreamID of the transaction. Bits 63:32.</summary>
    public uint StreamId { get => (uint)Word0.Field(63, 32); init => Word0 = Word0.WithField(63, 32, value); }

    /// <summary>Names a stalled transaction (STAG), for CMD_RESUME: translation faults. Bits 79:64.</summary>
    public ushort StallTag { get => (ushort)Word1.Field(15, 0); init => Word1 = Word1.WithField(15, 0, value); }

    /// <summary>A cause that the part defines (Reason): fetch and walk aborts, conflicts, unsupported transactions. Bits 79:64.</summary>
    public ushort Reason { get => (ushort)Word1.Field(15, 0); init => Word1 = Word1.WithField(15, 0, value); }

    /// <summary>Whether the transaction is stalled (Stall): translation faults. Bit 95.</summary>
    public bool IsStalled { get => Word1.Bit(31); init => Word1 = Word1.WithBit(31, value); }

    /// <summary>Whether the transaction was privileged (PnU). Bit 97.</summary>
    public bool IsPrivileged { get => Word1.Bit(33); init => Word1 = Word1.WithBit(33, value); }

    /// <summary>Whether the transaction fetched instructions (InD); 0 for a write. Bit 98.</summary>
    public bool IsInstruction { get => Word1.Bit(34); init => Word1 = Word1.WithBit(34, value); }

    /// <summary>Whether the transaction read (RnW), not the access of a walk. Bit 99.</summary>
    public bool IsRead { get => Word1.Bit(35); init => Word1 = Word1.WithBit(35, value); }

    /// <summary>Whether the intermediate address is Non-secure (NSIPA). Bit 100 [R]; always 0 in the Non-secure queue.</summary>
    public bool IsNonSecureAddress { get => Word1.Bit(36); init => Word1 = Word1.WithBit(36, value); }

    /// <summary>Whether stage 2 faulted, not stage 1 (S2). Bit 103.</summary>
    public bool IsStage2 { get => Word1.Bit(39); init => Word1 = Word1.WithBit(39, value); }

    /// <summary>What access faulted (CLASS): translation faults and walk aborts. Bits 105:104.</summary>
    public SmmuFaultClass Class { get => (SmmuFaultClass)Word1.Field(41, 40); init => Word1 = Word1.WithField(41, 40, (ulong)value); }

    /// <summary>Whether a walk's access that faulted was a read, not an update: permission faults of tables (TTRnW). Bit 108 [L].</summary>
    public bool IsTableRead { get => Word1.Bit(44); init => Word1 = Word1.WithBit(44, value); }

    /// <summary>Address the device used, all 64 bits (InputAddr). Bits 191:128.</summary>
    public ulong InputAddress { get => Word2; init => Word2 = value; }

    /// <summary>Intermediate address (IPA): stage-2 faults. Bits 247:204.</summary>
    public Gpa IntermediateAddress { get => new(Word3.Address(55, 12)); init => Word3 = Word3.WithAddress(55, 12, value.Value); }

    /// <summary>Physical address of the structure or descriptor (FetchAddr): fetch and walk aborts. Bits 247:195.</summary>
    public Spa FetchAddress { get => new(Word3.Address(55, 3)); init => Word3 = Word3.WithAddress(55, 3, value.Value); }

    /// <summary>Pages of 4 KiB that a hint is about (Span): page request hints. Bits 115:108.</summary>
    public int HintPages { get => (int)Word1.Field(51, 44); init => Word1 = Word1.WithField(51, 44, unchecked((ulong)value)); }

    /// <summary>Accesses that a hint expects, uX, uW, uR in bits 0 to 2 and pX, pW, pR in bits 4 to 6. Bits 103:97.</summary>
    public int HintAccesses { get => (int)Word1.Field(39, 33); init => Word1 = Word1.WithField(39, 33, unchecked((ulong)value)); }

    /// <summary>Whether this is one of the four faults that can stall and that S, A and R control: 0x10 to 0x13. §5.5 [S].</summary>
    public bool IsTranslationFault => Code is >= SmmuEventCode.Translation and <= SmmuEventCode.Permission;

    /// <summary>Reads the record from the first four words.</summary>
    public static SmmuEvent Read(ReadOnlySpan<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "event record");
        return new(words[0], words[1], words[2], words[3]);
    }

    /// <summary>Writes the record to the first four words.</summary>
    public void Write(Span<ulong> words)
    {
        MemoryWords.Require(words.Length, WordCount, "event record");
        words[0] = Word0;
        words[1] = Word1;
        words[2] = Word2;
        words[3] = Word3;
    }
}

/// <summary>What access led to a fault: CLASS of an event record. IHI 0070 §7.3 [S].</summary>
public enum SmmuFaultClass : byte
{
    /// <summary>Fetching a context descriptor (CD).</summary>
    ContextFetch = 0,
    /// <summary>Fetching a stage-1 table descriptor (TT).</summary>
    TableFetch = 1,
    /// <summary>The address of the transaction itself (IN).</summary>
    Input = 2,
    /// <summary>Reserved.</summary>
    Reserved = 3,
}
