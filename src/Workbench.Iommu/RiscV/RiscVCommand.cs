using Workbench.Iommu.Memory;

namespace Workbench.Iommu.RiscV;

/// <summary>
/// One entry of the command queue, 128 bits. RISC-V IOMMU, "Command-Queue" [S]; positions also in the C model [M] and Linux [L].
/// A property has a meaning only for the commands it names.
/// </summary>
public readonly partial record struct RiscVCommand(ulong Word0, ulong Word1)
{
    /// <summary>Size in 64-bit words.</summary>
    public const int WordCount = 2;
    /// <summary>Size in bytes.</summary>
    public const int SizeBytes = 16;

    /// <summary>Opcode and func3 together. Bits 9:0; may be a number that is no command.</summary>
    public RiscVCommandType Type { get => (RiscVCommandType)Word0.Field(9, 0); init => Word0 = Word0.WithField(9, 0, (ulong)value); }

    /// <summary>The group of commands, 0 to 127 (opcode). Bits 6:0.</summary>
    public int Opcode => (int)Word0.Field(6, 0);

    /// <summary>The command within its group, 0 to 7 (func3). Bits 9:7.</summary>
    public int Function => (int)Word0.Field(9, 7);

    /// <summary>IOTINVAL: whether the address counts; if not every address is meant. IOFENCE.C: whether a status is written (AV). Bit 10.</summary>
    public bool HasAddress { get => Word0.Bit(10); init => Word0 = Word0.WithBit(10, value); }

    /// <summary>IOTINVAL.VMA: the tag of a process (PSCID). Bits 31:12.</summary>
    public uint Pscid { get => (uint)Word0.Field(31, 12); init => Word0 = Word0.WithField(31, 12, value); }

    /// <summary>IOTINVAL.VMA: whether PSCID counts, which also spares global entries (PSCV). Bit 32.</summary>
    public bool HasPscid { get => Word0.Bit(32); init => Word0 = Word0.WithBit(32, value); }

    /// <summary>IOTINVAL: whether GSCID counts; if not VMA means the host's translations, GVMA those of every guest (GV). Bit 33.</summary>
    public bool HasGscid { get => Word0.Bit(33); init => Word0 = Word0.WithBit(33, value); }

    /// <summary>IOTINVAL with an address: whether non-leaf entries of it are dropped too (NL). Bit 34; needs capabilities.NL. Without an address they always are.</summary>
    public bool DropsNonLeaf { get => Word0.Bit(34); init => Word0 = Word0.WithBit(34, value); }

    /// <summary>IOTINVAL: the tag of a guest (GSCID). Bits 59:44.</summary>
    public ushort Gscid { get => (ushort)Word0.Field(59, 44); init => Word0 = Word0.WithField(59, 44, value); }

    /// <summary>Whether the address of IOTINVAL (bit 73, needs capabilities.S) or ATS.INVAL (bit 75) codes a range (S). Set with <see cref="IotinvalVmaRange"/> and the like.</summary>
    public bool IsRange => Word1.Bit(Opcode == AtsOpcode ? 11 : 9);

    /// <summary>Address of IOTINVAL (bits 125:74) or ATS.INVAL (bits 127:76), 4 KiB aligned, still with any size code.</summary>
    public ulong Address => Opcode == AtsOpcode ? Word1 & ~RiscVWords.PageOffset : Word1.Field(61, 10) << 12;

    /// <summary>First byte of what IOTINVAL or ATS.INVAL names; 0 if the address does not count.</summary>
    public ulong FirstByte => AddressCounts ? RiscVNapot.Decode(Address, IsRange).First : 0;

    /// <summary>Last byte of what IOTINVAL or ATS.INVAL names; all ones if the address does not count.</summary>
    public ulong LastByte => AddressCounts ? RiscVNapot.Decode(Address, IsRange).Last : ulong.MaxValue;

    /// <summary>IOFENCE.C: whether completion raises the wire interrupt (WSI). Bit 11; needs fctl.WSI.</summary>
    public bool RaisesInterrupt { get => Word0.Bit(11); init => Word0 = Word0.WithBit(11, value); }

    /// <summary>IOFENCE.C: whether reads that the unit has processed are ordered before completion (PR). Bit 12.</summary>
    public bool OrdersReads { get => Word0.Bit(12); init => Word0 = Word0.WithBit(12, value); }

    /// <summary>IOFENCE.C: whether writes that the unit has processed are ordered before completion (PW). Bit 13.</summary>
    public bool OrdersWrites { get => Word0.Bit(13); init => Word0 = Word0.WithBit(13, value); }

    /// <summary>IOFENCE.C: what completion writes (DATA). Bits 63:32.</summary>
    public uint StatusData { get => (uint)Word0.Field(63, 32); init => Word0 = Word0.WithField(63, 32, value); }

    /// <summary>IOFENCE.C: where completion writes, 4-byte aligned: four times bits 125:64 (ADDR).</summary>
    public Spa StatusAddress
    {
        get => new(Word1.Field(61, 0) << 2);
        init => Word1 = (value.Value & 3) == 0
            ? Word1.WithField(61, 0, value.Value >> 2)
            : throw new ArgumentOutOfRangeException(nameof(value), $"Status address {value} is not 4-byte aligned.");
    }

    /// <summary>IODIR.INVAL_PDT and ATS: the process id (PID). Bits 31:12.</summary>
    public Pasid ProcessId { get => new((uint)Word0.Field(31, 12)); init => Word0 = Word0.WithField(31, 12, value.Value); }

    /// <summary>IODIR: whether the device counts; if not every device is meant (DV). Bit 33.</summary>
    public bool HasDevice { get => Word0.Bit(33); init => Word0 = Word0.WithBit(33, value); }

    /// <summary>IODIR: the device (DID). Bits 63:40.</summary>
    public RiscVDeviceId DeviceId { get => new((uint)Word0.Field(63, 40)); init => Word0 = Word0.WithField(63, 40, value.Value); }

    /// <summary>ATS: whether the message carries the process id as PASID (PV). Bit 32.</summary>
    public bool HasProcessId { get => Word0.Bit(32); init => Word0 = Word0.WithBit(32, value); }

    /// <summary>ATS: whether the segment counts (DSV). Bit 33.</summary>
    public bool HasSegment { get => Word0.Bit(33); init => Word0 = Word0.WithBit(33, value); }

    /// <summary>ATS: the function the message goes to (RID). Bits 55:40.</summary>
    public RequesterId Requester { get => new((ushort)Word0.Field(55, 40)); init => Word0 = Word0.WithField(55, 40, value.Value); }

    /// <summary>ATS: the segment of the function (DSEG). Bits 63:56.</summary>
    public byte Segment { get => (byte)Word0.Field(63, 56); init => Word0 = Word0.WithField(63, 56, value); }

    /// <summary>ATS.INVAL: whether the address is dropped for every PASID (G of the payload). Bit 64.</summary>
    public bool IsForEveryProcess { get => Word1.Bit(0); init => Word1 = Word1.WithBit(0, value); }

    /// <summary>ATS.PRGR: the group that is answered, 0 to 511. Bits 104:96.</summary>
    public int Group { get => (int)Word1.Field(40, 32); init => Word1 = Word1.WithField(40, 32, (ulong)value); }

    /// <summary>ATS.PRGR: the answer. Bits 111:108.</summary>
    public RiscVPageResponse Response { get => (RiscVPageResponse)Word1.Field(47, 44); init => Word1 = Word1.WithField(47, 44, (ulong)value); }

    /// <summary>Reads a command from the first two words, without judging it.</summary>
    public static RiscVCommand Read(ReadOnlySpan<ulong> words)
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

    // GVMA without GV ignores AV: it is for every guest, and an address means something only within one.
    private bool AddressCounts => Type switch
    {
        RiscVCommandType.IotinvalVma => HasAddress,
        RiscVCommandType.IotinvalGvma => HasAddress && HasGscid,
        RiscVCommandType.AtsInval => true,
        _ => false,
    };
}
