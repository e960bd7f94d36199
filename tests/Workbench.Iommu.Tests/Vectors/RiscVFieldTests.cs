using CsCheck;
using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Every field of every word: where it is, that it comes back, and that setting it touches nothing else. Positions as in the figures of the RISC-V IOMMU specification.</summary>
public sealed class RiscVFieldTests
{
    /// <summary>One field: word, bits high:low, and how the model writes and reads it as a number.</summary>
    private sealed record WordField<T>(string Name, int Word, int High, int Low, Func<T, ulong, T> With, Func<T, ulong> Get);

    [Fact]
    public void Device_context_fields_are_where_the_specification_has_them()
    {
        WordField<RiscVDeviceContext>[] fields =
        [
            new("V", 0, 0, 0, (c, v) => c with { IsValid = v != 0 }, c => Number(c.IsValid)),
            new("EN_ATS", 0, 1, 1, (c, v) => c with { AtsIsEnabled = v != 0 }, c => Number(c.AtsIsEnabled)),
            new("EN_PRI", 0, 2, 2, (c, v) => c with { PageRequestIsEnabled = v != 0 }, c => Number(c.PageRequestIsEnabled)),
            new("T2GPA", 0, 3, 3, (c, v) => c with { AtsReturnsGuestAddress = v != 0 }, c => Number(c.AtsReturnsGuestAddress)),
            new("DTF", 0, 4, 4, (c, v) => c with { FaultsAreSuppressed = v != 0 }, c => Number(c.FaultsAreSuppressed)),
            new("PDTV", 0, 5, 5, (c, v) => c with { HasProcessDirectory = v != 0 }, c => Number(c.HasProcessDirectory)),
            new("PRPR", 0, 6, 6, (c, v) => c with { ResponseHasPasid = v != 0 }, c => Number(c.ResponseHasPasid)),
            new("GADE", 0, 7, 7, (c, v) => c with { SecondStageUpdateIsEnabled = v != 0 }, c => Number(c.SecondStageUpdateIsEnabled)),
            new("SADE", 0, 8, 8, (c, v) => c with { FirstStageUpdateIsEnabled = v != 0 }, c => Number(c.FirstStageUpdateIsEnabled)),
            new("DPE", 0, 9, 9, (c, v) => c with { DefaultProcessIsEnabled = v != 0 }, c => Number(c.DefaultProcessIsEnabled)),
            new("SBE", 0, 10, 10, (c, v) => c with { IsBigEndian = v != 0 }, c => Number(c.IsBigEndian)),
            new("SXL", 0, 11, 11, (c, v) => c with { Is32Bit = v != 0 }, c => Number(c.Is32Bit)),
            new("custom", 0, 31, 24, (c, v) => c with { CustomBits = (byte)v }, c => c.CustomBits),
            new("iohgatp.PPN", 1, 43, 0, (c, v) => c with { SecondStageTable = new(v << 12) }, c => c.SecondStageTable.Value >> 12),
            new("GSCID", 1, 59, 44, (c, v) => c with { Gscid = (ushort)v }, c => c.Gscid),
            new("iohgatp.MODE", 1, 63, 60, (c, v) => c with { SecondStageMode = (RiscVSecondStageMode)v }, c => (ulong)c.SecondStageMode),
            new("PSCID", 2, 31, 12, (c, v) => c with { Pscid = (uint)v }, c => c.Pscid),
            new("RCID", 2, 51, 40, (c, v) => c with { Rcid = (int)v }, c => (ulong)c.Rcid),
            new("MCID", 2, 63, 52, (c, v) => c with { Mcid = (int)v }, c => (ulong)c.Mcid),
            new("iosatp.PPN", 3, 43, 0, (c, v) => c with { FirstStageTable = v << 12 }, c => c.FirstStageTable >> 12),
            new("iosatp.MODE", 3, 63, 60, (c, v) => c with { FirstStageMode = (RiscVFirstStageMode)v }, c => (ulong)c.FirstStageMode),
            new("pdtp.PPN", 3, 43, 0, (c, v) => c with { ProcessDirectory = v << 12 }, c => c.ProcessDirectory >> 12),
            new("pdtp.MODE", 3, 63, 60, (c, v) => c with { ProcessDirectoryMode = (RiscVProcessDirectoryMode)v }, c => (ulong)c.ProcessDirectoryMode),
            new("msiptp.PPN", 4, 43, 0, (c, v) => c with { MsiTable = new(v << 12) }, c => c.MsiTable.Value >> 12),
            new("msiptp.MODE", 4, 63, 60, (c, v) => c with { MsiTableMode = (RiscVMsiTableMode)v }, c => (ulong)c.MsiTableMode),
            new("msi_addr_mask", 5, 51, 0, (c, v) => c with { MsiAddressMask = v }, c => c.MsiAddressMask),
            new("msi_addr_pattern", 6, 51, 0, (c, v) => c with { MsiAddressPattern = v }, c => c.MsiAddressPattern),
        ];
        Check(fields, RiscVDeviceContext.ExtendedWordCount, words => RiscVDeviceContext.Read(words), (c, words) => c.Write(words));
    }

    [Fact]
    public void Process_context_fields_are_where_the_specification_has_them()
    {
        WordField<RiscVProcessContext>[] fields =
        [
            new("V", 0, 0, 0, (c, v) => c with { IsValid = v != 0 }, c => Number(c.IsValid)),
            new("ENS", 0, 1, 1, (c, v) => c with { SupervisorIsEnabled = v != 0 }, c => Number(c.SupervisorIsEnabled)),
            new("SUM", 0, 2, 2, (c, v) => c with { SupervisorMayAccessUser = v != 0 }, c => Number(c.SupervisorMayAccessUser)),
            new("PSCID", 0, 31, 12, (c, v) => c with { Pscid = (uint)v }, c => c.Pscid),
            new("PPN", 1, 43, 0, (c, v) => c with { FirstStageTable = v << 12 }, c => c.FirstStageTable >> 12),
            new("MODE", 1, 63, 60, (c, v) => c with { FirstStageMode = (RiscVFirstStageMode)v }, c => (ulong)c.FirstStageMode),
        ];
        Check(fields, RiscVProcessContext.WordCount, words => RiscVProcessContext.Read(words), (c, words) => c.Write(words));
    }

    [Fact]
    public void Directory_fields_are_where_the_specification_has_them()
    {
        WordField<RiscVDeviceDirectoryEntry>[] device =
        [
            new("V", 0, 0, 0, (c, v) => c with { IsValid = v != 0 }, c => Number(c.IsValid)),
            new("PPN", 0, 53, 10, (c, v) => c with { Table = new(v << 12) }, c => c.Table.Value >> 12),
        ];
        WordField<RiscVProcessDirectoryEntry>[] process =
        [
            new("V", 0, 0, 0, (c, v) => c with { IsValid = v != 0 }, c => Number(c.IsValid)),
            new("PPN", 0, 53, 10, (c, v) => c with { Table = v << 12 }, c => c.Table >> 12),
        ];
        WordField<RiscVDeviceDirectoryPointer>[] pointer =
        [
            new("iommu_mode", 0, 3, 0, (c, v) => c with { Mode = (RiscVDeviceDirectoryMode)v }, c => (ulong)c.Mode),
            new("busy", 0, 4, 4, (c, v) => c with { IsBusy = v != 0 }, c => Number(c.IsBusy)),
            new("PPN", 0, 53, 10, (c, v) => c with { Table = new(v << 12) }, c => c.Table.Value >> 12),
        ];
        Check(device, 1, words => new(words[0]), (c, words) => words[0] = c.Word);
        Check(process, 1, words => new(words[0]), (c, words) => words[0] = c.Word);
        Check(pointer, 1, words => new(words[0]), (c, words) => words[0] = c.Value);
    }

    [Fact]
    public void Feature_control_fields_are_where_the_specification_has_them()
    {
        WordField<RiscVFeatureControl>[] fields =
        [
            new("BE", 0, 0, 0, (c, v) => c with { IsBigEndian = v != 0 }, c => Number(c.IsBigEndian)),
            new("WSI", 0, 1, 1, (c, v) => c with { UsesWireInterrupts = v != 0 }, c => Number(c.UsesWireInterrupts)),
            new("GXL", 0, 2, 2, (c, v) => c with { IsGuest32Bit = v != 0 }, c => Number(c.IsGuest32Bit)),
        ];
        Check(fields, 1, words => new((uint)(words[0] & uint.MaxValue)), (c, words) => words[0] = (words[0] & ~(ulong)uint.MaxValue) | c.Value);
    }

    [Fact]
    public void Capability_fields_are_where_the_specification_has_them()
    {
        WordField<RiscVCapabilities>[] fields =
        [
            new("version", 0, 7, 0, (c, v) => c with { Version = (int)v }, c => (ulong)c.Version),
            new("Sv32", 0, 8, 8, (c, v) => c with { SupportsSv32 = v != 0 }, c => Number(c.SupportsSv32)),
            new("Sv39", 0, 9, 9, (c, v) => c with { SupportsSv39 = v != 0 }, c => Number(c.SupportsSv39)),
            new("Sv48", 0, 10, 10, (c, v) => c with { SupportsSv48 = v != 0 }, c => Number(c.SupportsSv48)),
            new("Sv57", 0, 11, 11, (c, v) => c with { SupportsSv57 = v != 0 }, c => Number(c.SupportsSv57)),
            new("Svrsw60t59b", 0, 14, 14, (c, v) => c with { SupportsSoftwareBits = v != 0 }, c => Number(c.SupportsSoftwareBits)),
            new("Svpbmt", 0, 15, 15, (c, v) => c with { SupportsMemoryTypes = v != 0 }, c => Number(c.SupportsMemoryTypes)),
            new("Sv32x4", 0, 16, 16, (c, v) => c with { SupportsSv32x4 = v != 0 }, c => Number(c.SupportsSv32x4)),
            new("Sv39x4", 0, 17, 17, (c, v) => c with { SupportsSv39x4 = v != 0 }, c => Number(c.SupportsSv39x4)),
            new("Sv48x4", 0, 18, 18, (c, v) => c with { SupportsSv48x4 = v != 0 }, c => Number(c.SupportsSv48x4)),
            new("Sv57x4", 0, 19, 19, (c, v) => c with { SupportsSv57x4 = v != 0 }, c => Number(c.SupportsSv57x4)),
            new("AMO_MRIF", 0, 21, 21, (c, v) => c with { SupportsInterruptFileUpdate = v != 0 }, c => Number(c.SupportsInterruptFileUpdate)),
            new("MSI_FLAT", 0, 22, 22, (c, v) => c with { SupportsMsiTable = v != 0 }, c => Number(c.SupportsMsiTable)),
            new("MSI_MRIF", 0, 23, 23, (c, v) => c with { SupportsInterruptFiles = v != 0 }, c => Number(c.SupportsInterruptFiles)),
            new("AMO_HWAD", 0, 24, 24, (c, v) => c with { SupportsAccessedDirtyUpdate = v != 0 }, c => Number(c.SupportsAccessedDirtyUpdate)),
            new("ATS", 0, 25, 25, (c, v) => c with { SupportsAts = v != 0 }, c => Number(c.SupportsAts)),
            new("T2GPA", 0, 26, 26, (c, v) => c with { SupportsAtsGuestAddress = v != 0 }, c => Number(c.SupportsAtsGuestAddress)),
            new("END", 0, 27, 27, (c, v) => c with { SupportsBothEndians = v != 0 }, c => Number(c.SupportsBothEndians)),
            new("IGS", 0, 29, 28, (c, v) => c with { InterruptSupport = (int)v }, c => (ulong)c.InterruptSupport),
            new("HPM", 0, 30, 30, (c, v) => c with { SupportsCounters = v != 0 }, c => Number(c.SupportsCounters)),
            new("DBG", 0, 31, 31, (c, v) => c with { SupportsDebugTranslation = v != 0 }, c => Number(c.SupportsDebugTranslation)),
            new("PAS", 0, 37, 32, (c, v) => c with { PhysicalAddressBits = (int)v }, c => (ulong)c.PhysicalAddressBits),
            new("PD8", 0, 38, 38, (c, v) => c with { SupportsPD8 = v != 0 }, c => Number(c.SupportsPD8)),
            new("PD17", 0, 39, 39, (c, v) => c with { SupportsPD17 = v != 0 }, c => Number(c.SupportsPD17)),
            new("PD20", 0, 40, 40, (c, v) => c with { SupportsPD20 = v != 0 }, c => Number(c.SupportsPD20)),
            new("QOSID", 0, 41, 41, (c, v) => c with { SupportsQosIds = v != 0 }, c => Number(c.SupportsQosIds)),
            new("NL", 0, 42, 42, (c, v) => c with { SupportsNonLeafInvalidation = v != 0 }, c => Number(c.SupportsNonLeafInvalidation)),
            new("S", 0, 43, 43, (c, v) => c with { SupportsRangeInvalidation = v != 0 }, c => Number(c.SupportsRangeInvalidation)),
        ];
        Check(fields, 1, words => new(words[0]), (c, words) => words[0] = c.Value);
    }

    [Fact]
    public void Command_fields_are_where_the_specification_has_them()
    {
        WordField<RiscVCommand>[] fields =
        [
            new("opcode and func3", 0, 9, 0, (c, v) => c with { Type = (RiscVCommandType)v }, c => (ulong)c.Type),
            new("AV", 0, 10, 10, (c, v) => c with { HasAddress = v != 0 }, c => Number(c.HasAddress)),
            new("PSCID", 0, 31, 12, (c, v) => c with { Pscid = (uint)v }, c => c.Pscid),
            new("PSCV", 0, 32, 32, (c, v) => c with { HasPscid = v != 0 }, c => Number(c.HasPscid)),
            new("GV", 0, 33, 33, (c, v) => c with { HasGscid = v != 0 }, c => Number(c.HasGscid)),
            new("NL", 0, 34, 34, (c, v) => c with { DropsNonLeaf = v != 0 }, c => Number(c.DropsNonLeaf)),
            new("GSCID", 0, 59, 44, (c, v) => c with { Gscid = (ushort)v }, c => c.Gscid),
            new("WSI", 0, 11, 11, (c, v) => c with { RaisesInterrupt = v != 0 }, c => Number(c.RaisesInterrupt)),
            new("PR", 0, 12, 12, (c, v) => c with { OrdersReads = v != 0 }, c => Number(c.OrdersReads)),
            new("PW", 0, 13, 13, (c, v) => c with { OrdersWrites = v != 0 }, c => Number(c.OrdersWrites)),
            new("DATA", 0, 63, 32, (c, v) => c with { StatusData = (uint)v }, c => c.StatusData),
            new("ADDR[63:2]", 1, 61, 0, (c, v) => c with { StatusAddress = new(v << 2) }, c => c.StatusAddress.Value >> 2),
            new("PID", 0, 31, 12, (c, v) => c with { ProcessId = new((uint)v) }, c => c.ProcessId.Value),
            new("DV", 0, 33, 33, (c, v) => c with { HasDevice = v != 0 }, c => Number(c.HasDevice)),
            new("DID", 0, 63, 40, (c, v) => c with { DeviceId = new((uint)v) }, c => c.DeviceId.Value),
            new("PV", 0, 32, 32, (c, v) => c with { HasProcessId = v != 0 }, c => Number(c.HasProcessId)),
            new("DSV", 0, 33, 33, (c, v) => c with { HasSegment = v != 0 }, c => Number(c.HasSegment)),
            new("RID", 0, 55, 40, (c, v) => c with { Requester = new((ushort)v) }, c => c.Requester.Value),
            new("DSEG", 0, 63, 56, (c, v) => c with { Segment = (byte)v }, c => c.Segment),
            new("G", 1, 0, 0, (c, v) => c with { IsForEveryProcess = v != 0 }, c => Number(c.IsForEveryProcess)),
            new("group", 1, 40, 32, (c, v) => c with { Group = (int)v }, c => (ulong)c.Group),
            new("response", 1, 47, 44, (c, v) => c with { Response = (RiscVPageResponse)v }, c => (ulong)c.Response),
        ];
        Check(fields, RiscVCommand.WordCount, words => RiscVCommand.Read(words), (c, words) => c.Write(words));
    }

    [Fact]
    public void Fault_record_fields_are_where_the_specification_has_them()
    {
        WordField<RiscVFaultRecord>[] fields =
        [
            new("CAUSE", 0, 11, 0, (c, v) => c with { Cause = (RiscVFaultCause)v }, c => (ulong)c.Cause),
            new("PID", 0, 31, 12, (c, v) => c with { ProcessId = new((uint)v) }, c => c.ProcessId.Value),
            new("PV", 0, 32, 32, (c, v) => c with { HasProcessId = v != 0 }, c => Number(c.HasProcessId)),
            new("PRIV", 0, 33, 33, (c, v) => c with { IsPrivileged = v != 0 }, c => Number(c.IsPrivileged)),
            new("TTYP", 0, 39, 34, (c, v) => c with { TransactionType = (RiscVTransactionType)v }, c => (ulong)c.TransactionType),
            new("DID", 0, 63, 40, (c, v) => c with { DeviceId = new((uint)v) }, c => c.DeviceId.Value),
            new("custom", 1, 31, 0, (c, v) => c with { CustomBits = (uint)v }, c => c.CustomBits),
            new("iotval", 2, 63, 0, (c, v) => c with { Address = new(v) }, c => c.Address.Value),
            new("iotval2 implicit", 3, 0, 0, (c, v) => c with { IsImplicit = v != 0 }, c => Number(c.IsImplicit)),
            new("iotval2 write", 3, 1, 1, (c, v) => c with { IsImplicitWrite = v != 0 }, c => Number(c.IsImplicitWrite)),
            new("iotval2", 3, 63, 2, (c, v) => c with { GuestAddress = new(v << 2) }, c => c.GuestAddress.Value >> 2),
        ];
        Check(fields, RiscVFaultRecord.WordCount, words => RiscVFaultRecord.Read(words), (c, words) => c.Write(words));
    }

    [Fact]
    public void Page_request_fields_are_where_the_specification_has_them()
    {
        WordField<RiscVPageRequest>[] fields =
        [
            new("PID", 0, 31, 12, (c, v) => c with { ProcessId = new((uint)v) }, c => c.ProcessId.Value),
            new("PV", 0, 32, 32, (c, v) => c with { HasProcessId = v != 0 }, c => Number(c.HasProcessId)),
            new("PRIV", 0, 33, 33, (c, v) => c with { IsPrivileged = v != 0 }, c => Number(c.IsPrivileged)),
            new("EXEC", 0, 34, 34, (c, v) => c with { IsExecute = v != 0 }, c => Number(c.IsExecute)),
            new("DID", 0, 63, 40, (c, v) => c with { DeviceId = new((uint)v) }, c => c.DeviceId.Value),
            new("R", 1, 0, 0, (c, v) => c with { WantsRead = v != 0 }, c => Number(c.WantsRead)),
            new("W", 1, 1, 1, (c, v) => c with { WantsWrite = v != 0 }, c => Number(c.WantsWrite)),
            new("L", 1, 2, 2, (c, v) => c with { IsLast = v != 0 }, c => Number(c.IsLast)),
            new("group", 1, 11, 3, (c, v) => c with { Group = (int)v }, c => (ulong)c.Group),
            new("page", 1, 63, 12, (c, v) => c with { Page = new(v << 12) }, c => c.Page.Value >> 12),
        ];
        Check(fields, RiscVPageRequest.WordCount, words => RiscVPageRequest.Read(words), (c, words) => c.Write(words));
    }

    private static void Check<T>(WordField<T>[] fields, int wordCount, Func<ulong[], T> read, Action<T, ulong[]> write) =>
        Gen.Select(Gen.ULong.Array[wordCount], Gen.ULong).Sample((words, random) =>
        {
            T any = read(words);
            foreach (WordField<T> field in fields)
            {
                ulong mask = ulong.MaxValue >> (63 - (field.High - field.Low));
                Assert.True(((words[field.Word] >> field.Low) & mask) == field.Get(any), $"{field.Name} is read from elsewhere.");
                ulong[] expected = [.. words];
                expected[field.Word] = (expected[field.Word] & ~(mask << field.Low)) | ((random & mask) << field.Low);
                ulong[] written = [.. words];
                write(field.With(any, random & mask), written);
                Assert.True(expected.SequenceEqual(written), $"{field.Name} is written elsewhere.");
            }
        }, iter: 1_000);

    private static ulong Number(bool bit) => bit ? 1UL : 0;
}
