using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Records of the fault queue and the page-request queue. RISC-V IOMMU, "Fault/Event-Queue" and "Page-Request-Queue"; hardware.md 4.7.</summary>
public sealed class RiscVRecordTests
{
    [Fact]
    public void A_fault_record_has_these_words()
    {
        RiscVFaultRecord record = new()
        {
            Cause = RiscVFaultCause.DeviceEntryMisconfigured,
            ProcessId = new(0xABCDE),
            HasProcessId = true,
            IsPrivileged = true,
            TransactionType = RiscVTransactionType.UntranslatedWrite,
            DeviceId = new(0xABCDEF),
            CustomBits = 7,
            Address = new(0xFFFF_FFFF_FFFF_FFFF),
            GuestAddress = new(0x8000_0004),
            IsImplicit = true,
            IsImplicitWrite = true,
        };
        ulong[] words = new ulong[RiscVFaultRecord.WordCount];
        record.Write(words);
        Assert.Equal([0xABCD_EF0F_ABCD_E103UL, 7, ulong.MaxValue, 0x8000_0007], words);
        Assert.Equal(record, RiscVFaultRecord.Read(words));
        Assert.Equal(RiscVFaultRecord.SizeBytes, 8 * RiscVFaultRecord.WordCount);
    }

    [Fact]
    public void A_page_request_has_these_words()
    {
        RiscVPageRequest request = new()
        {
            ProcessId = new(0xABCDE),
            HasProcessId = true,
            IsPrivileged = true,
            IsExecute = true,
            DeviceId = new(0xABCDEF),
            WantsRead = true,
            WantsWrite = true,
            IsLast = true,
            Group = 0x1FF,
            Page = new(0x5000),
        };
        ulong[] words = new ulong[RiscVPageRequest.WordCount];
        request.Write(words);
        Assert.Equal([0xABCD_EF07_ABCD_E000UL, 0x5FFF], words);
        Assert.Equal(request, RiscVPageRequest.Read(words));
        Assert.Equal(RiscVPageRequest.SizeBytes, 8 * RiscVPageRequest.WordCount);
    }

    [Theory]
    [InlineData(0UL, false)]
    [InlineData(4UL, true)]
    [InlineData(5UL, false)]
    [InlineData(6UL, false)]
    [InlineData(0x5FFCUL, true)]
    public void A_last_request_that_wants_nothing_is_a_stop_marker(ulong payload, bool isStopMarker) =>
        Assert.Equal(isStopMarker, new RiscVPageRequest(0, payload).IsStopMarker);

    [Theory]
    [InlineData(RiscVFaultCause.ExecuteAccess, 1)]
    [InlineData(RiscVFaultCause.ReadMisaligned, 4)]
    [InlineData(RiscVFaultCause.ReadAccess, 5)]
    [InlineData(RiscVFaultCause.WriteMisaligned, 6)]
    [InlineData(RiscVFaultCause.WriteAccess, 7)]
    [InlineData(RiscVFaultCause.ExecutePage, 12)]
    [InlineData(RiscVFaultCause.ReadPage, 13)]
    [InlineData(RiscVFaultCause.WritePage, 15)]
    [InlineData(RiscVFaultCause.ExecuteGuestPage, 20)]
    [InlineData(RiscVFaultCause.ReadGuestPage, 21)]
    [InlineData(RiscVFaultCause.WriteGuestPage, 23)]
    [InlineData(RiscVFaultCause.AllTransactionsDisallowed, 256)]
    [InlineData(RiscVFaultCause.DeviceEntryAccess, 257)]
    [InlineData(RiscVFaultCause.DeviceEntryNotValid, 258)]
    [InlineData(RiscVFaultCause.DeviceEntryMisconfigured, 259)]
    [InlineData(RiscVFaultCause.TransactionTypeDisallowed, 260)]
    [InlineData(RiscVFaultCause.MsiEntryAccess, 261)]
    [InlineData(RiscVFaultCause.MsiEntryNotValid, 262)]
    [InlineData(RiscVFaultCause.MsiEntryMisconfigured, 263)]
    [InlineData(RiscVFaultCause.InterruptFileAccess, 264)]
    [InlineData(RiscVFaultCause.ProcessEntryAccess, 265)]
    [InlineData(RiscVFaultCause.ProcessEntryNotValid, 266)]
    [InlineData(RiscVFaultCause.ProcessEntryMisconfigured, 267)]
    [InlineData(RiscVFaultCause.DeviceEntryCorrupted, 268)]
    [InlineData(RiscVFaultCause.ProcessEntryCorrupted, 269)]
    [InlineData(RiscVFaultCause.MsiEntryCorrupted, 270)]
    [InlineData(RiscVFaultCause.InterruptFileCorrupted, 271)]
    [InlineData(RiscVFaultCause.InternalDataPath, 272)]
    [InlineData(RiscVFaultCause.MsiWriteAccess, 273)]
    [InlineData(RiscVFaultCause.PageTableCorrupted, 274)]
    public void Causes_have_these_numbers(RiscVFaultCause cause, int number)
    {
        Assert.Equal(number, (int)cause);
        Assert.Equal((ulong)number, new RiscVFaultRecord { Cause = cause }.Word0);
    }

    // The third column of the table of causes.
    [Fact]
    public void These_causes_are_recorded_even_when_suppressed() =>
        Assert.Equal(
            [256, 257, 258, 259, 268, 272, 273],
            Enumerable.Range(0, 4096).Where(cause => ((RiscVFaultCause)cause).IsRecordedWhenSuppressed));

    [Fact]
    public void These_causes_have_a_guest_address() =>
        Assert.Equal([20, 21, 23], Enumerable.Range(0, 4096).Where(cause => ((RiscVFaultCause)cause).IsGuestPage));

    [Theory]
    [InlineData(RiscVTransactionType.None, 0)]
    [InlineData(RiscVTransactionType.UntranslatedExecute, 1)]
    [InlineData(RiscVTransactionType.UntranslatedRead, 2)]
    [InlineData(RiscVTransactionType.UntranslatedWrite, 3)]
    [InlineData(RiscVTransactionType.TranslatedExecute, 5)]
    [InlineData(RiscVTransactionType.TranslatedRead, 6)]
    [InlineData(RiscVTransactionType.TranslatedWrite, 7)]
    [InlineData(RiscVTransactionType.AtsTranslation, 8)]
    [InlineData(RiscVTransactionType.Message, 9)]
    public void Transaction_types_have_these_numbers(RiscVTransactionType type, int number) =>
        Assert.Equal((ulong)number << 34, new RiscVFaultRecord { TransactionType = type }.Word0);

    [Fact]
    public void Values_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new RiscVFaultRecord { GuestAddress = new(2) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new RiscVFaultRecord { DeviceId = new(0x100_0000) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new RiscVPageRequest { Page = new(0x800) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new RiscVPageRequest { Group = 512 });
        Assert.Throws<ArgumentException>(() => RiscVFaultRecord.Read(new ulong[3]));
        Assert.Throws<ArgumentException>(() => default(RiscVPageRequest).Write(new ulong[1]));
    }
}
