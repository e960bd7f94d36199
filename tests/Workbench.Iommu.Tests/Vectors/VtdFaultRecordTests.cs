using CsCheck;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Primary fault records. VT-d §11.4.14; hardware.md 2i.</summary>
public sealed class VtdFaultRecordTests
{
    // A fault printed by a kernel: DMA read, no PASID, device aa:00.0, address 0x10c3a6000, reason 0x90.
    [Fact]
    public void A_reported_read_fault_has_these_words()
    {
        VtdFaultRecord record = new()
        {
            IsRecorded = true,
            Type = VtdRequestType.Read,
            SourceId = RequesterId.Of(0xaa, 0, 0),
            Page = new(0x1_0c3a_6000),
            Reason = VtdFaultReason.FirstStageDirtyWithoutSnoop,
        };
        Assert.Equal(new VtdFaultRecord(0x1_0c3a_6000, 0xC000_0090_0000_AA00), record);
    }

    [Theory]
    [InlineData(VtdRequestType.Write, 0x0UL)]
    [InlineData(VtdRequestType.PageRequest, 0x1000_0000UL)]
    [InlineData(VtdRequestType.Read, 0x4000_0000_0000_0000UL)]
    [InlineData(VtdRequestType.AtomicOperation, 0x4000_0000_1000_0000UL)]
    public void The_request_type_is_split_over_bits_126_and_92(VtdRequestType type, ulong word1) =>
        Assert.Equal(word1, new VtdFaultRecord { Type = type }.Word1);

    [Fact]
    public void A_pasid_fault_has_this_word()
    {
        VtdFaultRecord record = new() { HasPasid = true, Pasid = new(Pasid.MaxValue), IsExecute = true, IsPrivileged = true, AddressType = 2 };
        Assert.Equal(0x2FFF_FF00_E000_0000UL, record.Word1);
    }

    [Theory]
    [InlineData(VtdFaultReason.SecondStagePermission, 0x79)]
    [InlineData(VtdFaultReason.SecondStageDirtyWithoutSnoop, 0x7C)]
    [InlineData(VtdFaultReason.WriteDenied, 0x85)]
    [InlineData(VtdFaultReason.ReadDenied, 0x86)]
    [InlineData(VtdFaultReason.PasidEntryNotPresent, 0x59)]
    [InlineData(VtdFaultReason.RootEntryNotPresent, 0x39)]
    [InlineData(VtdFaultReason.ContextEntryNotPresent, 0x41)]
    [InlineData(VtdFaultReason.LegacyWriteDenied, 5)]
    public void Reasons_have_these_numbers(VtdFaultReason reason, int number)
    {
        Assert.Equal(number, (int)reason);
        Assert.Equal((ulong)number << 32, new VtdFaultRecord { Reason = reason }.Word1);
    }

    [Fact]
    public void Records_round_trip() =>
        Gen.Select(Gen.ULong, Gen.UShort, Gen.Byte, Gen.UInt[0, Pasid.MaxValue], Gen.Int[0, 3], Gen.Int[0, 3], Gen.Bool)
            .Sample((page, source, reason, pasid, type, addressType, flag) =>
            {
                VtdFaultRecord record = new()
                {
                    Page = new(page & ~0xFFFUL),
                    SourceId = new(source),
                    Reason = (VtdFaultReason)reason,
                    Pasid = new(pasid),
                    Type = (VtdRequestType)type,
                    AddressType = addressType,
                    HasPasid = flag,
                    IsRecorded = !flag,
                };
                ulong[] words = new ulong[VtdFaultRecord.WordCount];
                record.Write(words);
                VtdFaultRecord back = VtdFaultRecord.Read(words);
                Assert.Equal(record, back);
                Assert.Equal((page & ~0xFFFUL, source, reason, pasid), (back.Page.Value, back.SourceId.Value, (byte)back.Reason, back.Pasid.Value));
                Assert.Equal((type, addressType, flag, !flag), ((int)back.Type, back.AddressType, back.HasPasid, back.IsRecorded));
            }, iter: 5_000);
}
