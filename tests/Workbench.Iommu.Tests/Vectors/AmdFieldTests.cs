using CsCheck;
using Workbench.Iommu.Amd;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Every field of every AMD structure: the bits it owns, written out by hand, and that it touches no others.</summary>
public sealed class AmdFieldTests
{
    // hardware.md 1.5 and the positions named in the folder's README.
    private static readonly AmdField<AmdDeviceTableEntry>[] DeviceTable =
    [
        Flag<AmdDeviceTableEntry>(0, 0x1, (e, v) => e with { IsValid = v }, e => e.IsValid),
        Flag<AmdDeviceTableEntry>(0, 0x2, (e, v) => e with { TranslationIsValid = v }, e => e.TranslationIsValid),
        new(2, [0x180], (e, v) => e with { HostAccessDirty = (AmdHostAccessDirty)v }, e => (ulong)e.HostAccessDirty),
        new(3, [0xE00], (e, v) => e with { Mode = (int)v }, e => (ulong)e.Mode),
        new(40, [0x000F_FFFF_FFFF_F000], (e, v) => e with { HostRoot = new(v << 12) }, e => e.HostRoot.Value >> 12),
        Flag<AmdDeviceTableEntry>(0, 0x0010_0000_0000_0000, (e, v) => e with { PageRequestsAreEnabled = v }, e => e.PageRequestsAreEnabled),
        Flag<AmdDeviceTableEntry>(0, 0x0020_0000_0000_0000, (e, v) => e with { PageResponsesCarryPasid = v }, e => e.PageResponsesCarryPasid),
        Flag<AmdDeviceTableEntry>(0, 0x0040_0000_0000_0000, (e, v) => e with { GuestProtectionIsEnabled = v }, e => e.GuestProtectionIsEnabled),
        Flag<AmdDeviceTableEntry>(0, 0x0080_0000_0000_0000, (e, v) => e with { GuestTranslationIsEnabled = v }, e => e.GuestTranslationIsEnabled),
        new(2, [0x0300_0000_0000_0000], (e, v) => e with { GuestTableLevelCode = (int)v }, e => (ulong)e.GuestTableLevelCode),
        new(40, [0x1C00_0000_0000_0000, 0xFFFF_F800_FFFF_0000], (e, v) => e with { GuestTable = new(v << 12) }, e => e.GuestTable.Value >> 12),
        Flag<AmdDeviceTableEntry>(0, 0x2000_0000_0000_0000, (e, v) => e with { CanRead = v }, e => e.CanRead),
        Flag<AmdDeviceTableEntry>(0, 0x4000_0000_0000_0000, (e, v) => e with { CanWrite = v }, e => e.CanWrite),
        new(16, [0, 0xFFFF], (e, v) => e with { DomainId = new((ushort)v) }, e => e.DomainId.Value),
        Flag<AmdDeviceTableEntry>(1, 0x1_0000_0000, (e, v) => e with { DeviceTlbIsEnabled = v }, e => e.DeviceTlbIsEnabled),
        Flag<AmdDeviceTableEntry>(1, 0x2_0000_0000, (e, v) => e with { FaultsAreSuppressed = v }, e => e.FaultsAreSuppressed),
        Flag<AmdDeviceTableEntry>(1, 0x4_0000_0000, (e, v) => e with { AllFaultsAreSuppressed = v }, e => e.AllFaultsAreSuppressed),
        new(2, [0, 0x300_0000_0000], (e, v) => e with { SystemManagement = (int)v }, e => (ulong)e.SystemManagement),
        new(2, [0, 0, 0x00C0_0000_0000_0000], (e, v) => e with { GuestPagingMode = (int)v }, e => (ulong)e.GuestPagingMode),
    ];

    private static readonly AmdField<AmdGuestTableEntry>[] GuestTable =
    [
        Flag<AmdGuestTableEntry>(0, 0x1, (e, v) => e with { IsValid = v }, e => e.IsValid),
        new(40, [0x000F_FFFF_FFFF_F000], (e, v) => e with { Address = v << 12 }, e => e.Address >> 12),
    ];

    private static readonly AmdField<AmdExtendedFeatures>[] Features =
    [
        Flag<AmdExtendedFeatures>(0, 0x2, (e, v) => e with { SupportsPageRequests = v }, e => e.SupportsPageRequests),
        Flag<AmdExtendedFeatures>(0, 0x10, (e, v) => e with { SupportsGuestTranslation = v }, e => e.SupportsGuestTranslation),
        Flag<AmdExtendedFeatures>(0, 0x40, (e, v) => e with { SupportsInvalidateAll = v }, e => e.SupportsInvalidateAll),
        Flag<AmdExtendedFeatures>(0, 0x80, (e, v) => e with { SupportsGuestInterrupts = v }, e => e.SupportsGuestInterrupts),
        new(2, [0xC00], (e, v) => e with { HostTranslationSizeCode = (int)v }, e => (ulong)e.HostTranslationSizeCode),
        new(2, [0x3000], (e, v) => e with { GuestTranslationSizeCode = (int)v }, e => (ulong)e.GuestTranslationSizeCode),
        new(2, [0xC000], (e, v) => e with { GuestTableSizeCode = (int)v }, e => (ulong)e.GuestTableSizeCode),
        new(5, [0x1F_0000_0000], (e, v) => e with { PasidBits = (int)v + 1 }, e => (ulong)e.PasidBits - 1),
        Flag<AmdExtendedFeatures>(0, 0x0001_0000_0000_0000, (e, v) => e with { SupportsGuestProtection = v }, e => e.SupportsGuestProtection),
        Flag<AmdExtendedFeatures>(0, 0x0002_0000_0000_0000, (e, v) => e with { SupportsHostAccessed = v }, e => e.SupportsHostAccessed),
        Flag<AmdExtendedFeatures>(0, 0x0010_0000_0000_0000, (e, v) => e with { SupportsHostDirty = v }, e => e.SupportsHostDirty),
        Flag<AmdExtendedFeatures>(0, 0x0040_0000_0000_0000, (e, v) => e with { SupportsDeviceTlbInvalidationType = v }, e => e.SupportsDeviceTlbInvalidationType),
        Flag<AmdExtendedFeatures>(0, 0x8000_0000_0000_0000, (e, v) => e with { SupportsNestedPagingProtection = v }, e => e.SupportsNestedPagingProtection),
    ];

    private static readonly AmdField<AmdCapabilityHeader>[] Header =
    [
        new(8, [0xFF], (e, v) => e with { CapabilityId = (byte)v }, e => e.CapabilityId),
        new(8, [0xFF00], (e, v) => e with { NextOffsetBytes = (byte)v }, e => e.NextOffsetBytes),
        new(3, [0x7_0000], (e, v) => e with { Type = (int)v }, e => (ulong)e.Type),
        new(5, [0xF8_0000], (e, v) => e with { Revision = (int)v }, e => (ulong)e.Revision),
        Flag<AmdCapabilityHeader>(0, 0x0100_0000, (e, v) => e with { SupportsDeviceTlb = v }, e => e.SupportsDeviceTlb),
        Flag<AmdCapabilityHeader>(0, 0x0400_0000, (e, v) => e with { CachesNotPresent = v }, e => e.CachesNotPresent),
        Flag<AmdCapabilityHeader>(0, 0x0800_0000, (e, v) => e with { HasExtendedFeatures = v }, e => e.HasExtendedFeatures),
    ];

    private static readonly AmdField<AmdEvent>[] Event =
    [
        new(4, [0xF000_0000_0000_0000], (e, v) => e with { Code = (AmdEventCode)v }, e => (ulong)e.Code),
        new(16, [0xFFFF], (e, v) => e with { DeviceId = new((ushort)v) }, e => e.DeviceId.Value),
        new(16, [0xFFFF_0000_0000], (e, v) => e with { DomainId = new((ushort)v) }, e => e.DomainId.Value),
        new(20, [0xFFFF_000F_0000], (e, v) => e with { Pasid = new((uint)v) }, e => e.Pasid.Value),
        Flag<AmdEvent>(0, 0x0001_0000_0000_0000, (e, v) => e with { IsGuest = v }, e => e.IsGuest),
        Flag<AmdEvent>(0, 0x0002_0000_0000_0000, (e, v) => e with { IsNoExecute = v }, e => e.IsNoExecute),
        Flag<AmdEvent>(0, 0x0004_0000_0000_0000, (e, v) => e with { IsUser = v }, e => e.IsUser),
        Flag<AmdEvent>(0, 0x0008_0000_0000_0000, (e, v) => e with { IsInterrupt = v }, e => e.IsInterrupt),
        Flag<AmdEvent>(0, 0x0010_0000_0000_0000, (e, v) => e with { IsPresent = v }, e => e.IsPresent),
        Flag<AmdEvent>(0, 0x0020_0000_0000_0000, (e, v) => e with { IsWrite = v }, e => e.IsWrite),
        Flag<AmdEvent>(0, 0x0040_0000_0000_0000, (e, v) => e with { IsPermissionDenied = v }, e => e.IsPermissionDenied),
        Flag<AmdEvent>(0, 0x0080_0000_0000_0000, (e, v) => e with { HasReservedBits = v }, e => e.HasReservedBits),
        Flag<AmdEvent>(0, 0x0100_0000_0000_0000, (e, v) => e with { IsTranslationRequest = v }, e => e.IsTranslationRequest),
        new(2, [0x0600_0000_0000_0000], (e, v) => e with { HardwareErrorType = (int)v }, e => (ulong)e.HardwareErrorType),
        new(3, [0x0E00_0000_0000_0000], (e, v) => e with { InvalidRequestType = (int)v }, e => (ulong)e.InvalidRequestType),
        new(64, [0, ulong.MaxValue], (e, v) => e with { Address = v }, e => e.Address),
    ];

    private static readonly AmdField<AmdPageRequest>[] PageRequest =
    [
        new(4, [0xF000_0000_0000_0000], (e, v) => e with { Code = (int)v }, e => (ulong)e.Code),
        new(16, [0xFFFF], (e, v) => e with { DeviceId = new((ushort)v) }, e => e.DeviceId.Value),
        new(20, [0x3C00_FFFF_0000], (e, v) => e with { Pasid = new((uint)v) }, e => e.Pasid.Value),
        new(9, [0x01FF_0000_0000], (e, v) => e with { Group = (int)v }, e => (ulong)e.Group),
        Flag<AmdPageRequest>(0, 0x0200_0000_0000, (e, v) => e with { IsLastOfGroup = v }, e => e.IsLastOfGroup),
        Flag<AmdPageRequest>(0, 0x0002_0000_0000_0000, (e, v) => e with { WantsExecute = v }, e => e.WantsExecute),
        Flag<AmdPageRequest>(0, 0x0004_0000_0000_0000, (e, v) => e with { WantsRead = v }, e => e.WantsRead),
        Flag<AmdPageRequest>(0, 0x0020_0000_0000_0000, (e, v) => e with { WantsWrite = v }, e => e.WantsWrite),
        Flag<AmdPageRequest>(0, 0x0040_0000_0000_0000, (e, v) => e with { IsUser = v }, e => e.IsUser),
        Flag<AmdPageRequest>(0, 0x0080_0000_0000_0000, (e, v) => e with { HasReservedBits = v }, e => e.HasReservedBits),
        Flag<AmdPageRequest>(0, 0x0100_0000_0000_0000, (e, v) => e with { IsGuest = v }, e => e.IsGuest),
        new(52, [0, 0xFFFF_FFFF_FFFF_F000], (e, v) => e with { Page = new(v << 12) }, e => e.Page.Value >> 12),
    ];

    [Fact]
    public void A_device_table_entry_keeps_its_fields_apart() =>
        Check(DeviceTable, 4, AmdDeviceTableEntry.Read, e => [e.Word0, e.Word1, e.Word2, e.Word3]);

    [Fact]
    public void A_gcr3_table_entry_keeps_its_fields_apart() => Check(GuestTable, 1, words => new(words[0]), e => [e.Value]);

    [Fact]
    public void The_extended_feature_register_keeps_its_fields_apart() => Check(Features, 1, words => new(words[0]), e => [e.Value]);

    [Fact]
    public void The_capability_header_keeps_its_fields_apart() => Check(Header, 1, words => new((uint)(words[0] & 0xFFFF_FFFF)), e => [e.Value]);

    [Fact]
    public void An_event_keeps_its_fields_apart() => Check(Event, 2, AmdEvent.Read, e => [e.Word0, e.Word1]);

    [Fact]
    public void A_page_request_keeps_its_fields_apart() => Check(PageRequest, 2, AmdPageRequest.Read, e => [e.Word0, e.Word1]);

    private delegate T Reader<T>(ReadOnlySpan<ulong> words);

    private static void Check<T>(AmdField<T>[] fields, int wordCount, Reader<T> read, Func<T, ulong[]> write)
    {
        foreach (AmdField<T> field in fields)
        {
            T full = field.Set(read(new ulong[wordCount]), Bits.Mask(field.Width));
            Assert.Equal(field.Masks(wordCount), write(full));
        }
        Gen.Select(Gen.ULong.Array[wordCount], Gen.Int[0, fields.Length - 1], Gen.ULong).Sample((words, index, random) =>
        {
            AmdField<T> field = fields[index];
            ulong value = random & Bits.Mask(field.Width);
            T before = read(words);
            T after = field.Set(before, value);
            Assert.Equal(value, field.Get(after));
            ulong[] from = write(before), to = write(after), masks = field.Masks(wordCount);
            for (int i = 0; i < wordCount; i++)
                Assert.Equal(0UL, (from[i] ^ to[i]) & ~masks[i]);
            foreach (AmdField<T> other in fields)
                _ = other.Get(before);
        }, iter: 5_000);
    }

    private static AmdField<T> Flag<T>(int word, ulong mask, Func<T, bool, T> set, Func<T, bool> get)
    {
        ulong[] masks = new ulong[word + 1];
        masks[word] = mask;
        return new(1, masks, (e, v) => set(e, v != 0), e => get(e) ? 1UL : 0);
    }

    private sealed record AmdField<T>(int Width, ulong[] OwnMasks, Func<T, ulong, T> Set, Func<T, ulong> Get)
    {
        internal ulong[] Masks(int wordCount)
        {
            ulong[] masks = new ulong[wordCount];
            OwnMasks.CopyTo(masks, 0);
            return masks;
        }
    }
}
