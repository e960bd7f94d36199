using CsCheck;
using Workbench.Iommu.Amd;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Device table and GCR3 table entries. AMD IOMMU §2.2.2.1 and 2.2.6; hardware.md 1.5.</summary>
public sealed class AmdEntryTests
{
    private static readonly AmdExtendedFeatures Part = AmdExtendedFeatures.Default;
    private static readonly AmdExtendedFeatures GuestPart = Part with
    {
        SupportsPageRequests = true,
        SupportsGuestTranslation = true,
        SupportsGuestProtection = true,
        GuestTableSizeCode = 1,
        PasidBits = 16,
    };

    private static readonly AmdDeviceTableEntry Host = new()
    {
        IsValid = true,
        TranslationIsValid = true,
        Mode = 4,
        HostRoot = new(0x1_2345_6000),
        CanRead = true,
        CanWrite = true,
        DomainId = new(0xABCD),
        DeviceTlbIsEnabled = true,
    };

    private static readonly AmdDeviceTableEntry Guest = Host with { GuestTranslationIsEnabled = true, GuestTable = new(0xF_EDCB_A987_6000) };

    [Fact]
    public void A_host_table_entry_has_these_words() =>
        Assert.Equal(new AmdDeviceTableEntry(0x6000_0001_2345_6803, 0x0000_0001_0000_ABCD), Host);

    [Fact]
    public void Dirty_tracking_changes_exactly_bits_8_to_7()
    {
        AmdDeviceTableEntry tracking = Host with { HostAccessDirty = AmdHostAccessDirty.AccessedAndDirty };
        Assert.Equal(0x6000_0001_2345_6983UL, tracking.Word0);
        Assert.Equal(3UL << AmdDeviceTableEntry.HostAccessDirtyBit, tracking.Word0 ^ Host.Word0);
        Assert.Equal(Host, tracking with { HostAccessDirty = AmdHostAccessDirty.None });
        Assert.Equal(0x80UL, (Host with { HostAccessDirty = AmdHostAccessDirty.Accessed }).Word0 ^ Host.Word0);
    }

    // 0xF_EDCB_A987_6000: 14:12 is 6, 30:15 is 0x530E, 51:31 is 0x1FDB97.
    [Fact]
    public void The_gcr3_table_address_is_in_three_pieces()
    {
        AmdDeviceTableEntry entry = new()
        {
            GuestTable = new(0xF_EDCB_A987_6000),
            GuestTableLevelCode = 2,
            GuestTranslationIsEnabled = true,
            GuestProtectionIsEnabled = true,
            PageResponsesCarryPasid = true,
            PageRequestsAreEnabled = true,
        };
        Assert.Equal(new AmdDeviceTableEntry(0x1AF0_0000_0000_0000, 0xFEDC_B800_530E_0000), entry);
        Assert.Equal(0xF_EDCB_A987_6000UL, entry.GuestTable.Value);
    }

    [Fact]
    public void The_remaining_fields_have_these_words()
    {
        AmdDeviceTableEntry entry = new() { SystemManagement = 1, FaultsAreSuppressed = true, AllFaultsAreSuppressed = true, GuestPagingMode = 1 };
        Assert.Equal(new AmdDeviceTableEntry(0, 0x0000_0106_0000_0000, 0x0040_0000_0000_0000), entry);
    }

    [Fact]
    public void The_table_is_indexed_by_the_whole_requester_id()
    {
        Assert.Equal(0x1A0, AmdDeviceTableEntry.IndexOf(RequesterId.Of(1, 0x14, 0)));
        Assert.Equal(0xFFFF, AmdDeviceTableEntry.IndexOf(new(0xFFFF)));
        Assert.Equal(AmdDeviceTableEntry.SizeBytes, AmdDeviceTableEntry.WordCount * 8);
    }

    [Theory]
    [InlineData(0x6000_0001_2345_6803UL, true)]
    [InlineData(0x6000_0001_2345_6802UL, false)] // V = 0
    [InlineData(0x6000_0001_2345_6801UL, false)] // TV = 0
    [InlineData(0x6000_0001_2345_6003UL, false)] // Mode 0
    [InlineData(0x6000_0001_2345_6E03UL, false)] // Mode 7
    public void A_host_table_is_used_if_V_TV_and_a_mode_say_so(ulong word0, bool uses) =>
        Assert.Equal(uses, new AmdDeviceTableEntry(word0, 0).UsesHostTable);

    [Theory]
    [InlineData(2, false)]
    [InlineData(6, false)]
    [InlineData(63, false)]
    [InlineData(180, false)]
    [InlineData(181, false)]
    [InlineData(192, false)]
    [InlineData(206, false)]
    [InlineData(240, false)]
    [InlineData(244, false)]
    [InlineData(106, true)]
    [InlineData(179, true)]
    [InlineData(184, true)]
    [InlineData(207, true)]
    [InlineData(239, true)]
    [InlineData(245, true)] // left to software
    [InlineData(255, true)]
    public void Reserved_bits_are_refused(int bit, bool valid)
    {
        ulong[] words = new ulong[AmdDeviceTableEntry.WordCount];
        Host.Write(words);
        words[bit / 64] |= 1UL << (bit % 64);
        Assert.Equal(valid ? AmdDeviceTableError.None : AmdDeviceTableError.ReservedBits, AmdDeviceTableEntry.Read(words).Check(Part));
        words[0] = words[0].WithBit(1, false);
        Assert.Equal(valid ? AmdDeviceTableError.None : AmdDeviceTableError.ReservedBits, AmdDeviceTableEntry.Read(words).Check(Part));
        words[0] = words[0].WithBit(0, false);
        Assert.Equal(AmdDeviceTableError.None, AmdDeviceTableEntry.Read(words).Check(Part));
    }

    [Fact]
    public void Host_access_dirty_needs_its_capabilities()
    {
        AmdDeviceTableEntry accessed = Host with { HostAccessDirty = AmdHostAccessDirty.Accessed };
        AmdDeviceTableEntry dirty = Host with { HostAccessDirty = AmdHostAccessDirty.AccessedAndDirty };
        AmdExtendedFeatures accessedOnly = Part with { SupportsHostDirty = false };
        AmdExtendedFeatures dirtyOnly = Part with { SupportsHostAccessed = false };
        Assert.Equal(AmdDeviceTableError.None, accessed.Check(Part));
        Assert.Equal(AmdDeviceTableError.None, dirty.Check(Part));
        Assert.Equal(AmdDeviceTableError.None, accessed.Check(accessedOnly));
        Assert.Equal(AmdDeviceTableError.HostAccessDirtyNotSupported, dirty.Check(accessedOnly));
        Assert.Equal(AmdDeviceTableError.HostAccessDirtyNotSupported, accessed.Check(dirtyOnly));
        Assert.Equal(AmdDeviceTableError.HostAccessDirtyNotSupported, dirty.Check(dirtyOnly));
        Assert.Equal(AmdDeviceTableError.ReservedHostAccessDirty, (Host with { HostAccessDirty = AmdHostAccessDirty.Reserved }).Check(Part));
        Assert.Equal(AmdDeviceTableError.None, (Host with { HostAccessDirty = AmdHostAccessDirty.Reserved, TranslationIsValid = false }).Check(Part));
    }

    [Theory]
    [InlineData(0, 0, AmdDeviceTableError.None)]
    [InlineData(4, 0, AmdDeviceTableError.None)]
    [InlineData(5, 0, AmdDeviceTableError.LevelsBeyondHats)]
    [InlineData(5, 1, AmdDeviceTableError.None)]
    [InlineData(6, 1, AmdDeviceTableError.LevelsBeyondHats)]
    [InlineData(6, 2, AmdDeviceTableError.None)]
    [InlineData(7, 2, AmdDeviceTableError.ReservedMode)]
    [InlineData(0, 3, AmdDeviceTableError.None)]
    [InlineData(1, 3, AmdDeviceTableError.LevelsBeyondHats)]
    public void Hats_bounds_the_mode(int mode, int hats, AmdDeviceTableError error) =>
        Assert.Equal(error, (Host with { Mode = mode }).Check(Part with { HostTranslationSizeCode = hats }));

    [Fact]
    public void Guest_fields_need_their_capabilities()
    {
        Assert.Equal(AmdDeviceTableError.None, Guest.Check(GuestPart));
        Assert.Equal(AmdDeviceTableError.GuestTranslationNotSupported, Guest.Check(Part));
        Assert.Equal(AmdDeviceTableError.GuestProtectionNotSupported, (Host with { GuestProtectionIsEnabled = true }).Check(Part));
        Assert.Equal(AmdDeviceTableError.PageRequestsNotSupported, (Host with { PageRequestsAreEnabled = true }).Check(Part));
        Assert.Equal(AmdDeviceTableError.PageRequestsNotSupported, (Host with { PageResponsesCarryPasid = true }).Check(Part));
        AmdDeviceTableEntry everything = Guest with { GuestProtectionIsEnabled = true, PageRequestsAreEnabled = true, PageResponsesCarryPasid = true };
        Assert.Equal(AmdDeviceTableError.None, everything.Check(GuestPart));
    }

    [Theory]
    [InlineData(0, 0, AmdDeviceTableError.None)]
    [InlineData(1, 0, AmdDeviceTableError.GuestLevelsBeyondGlxSup)]
    [InlineData(1, 1, AmdDeviceTableError.None)]
    [InlineData(2, 1, AmdDeviceTableError.GuestLevelsBeyondGlxSup)]
    [InlineData(2, 2, AmdDeviceTableError.None)]
    [InlineData(3, 2, AmdDeviceTableError.ReservedGuestLevels)]
    public void Glxsup_bounds_the_gcr3_levels(int glx, int supported, AmdDeviceTableError error)
    {
        Assert.Equal(error, (Guest with { GuestTableLevelCode = glx }).Check(GuestPart with { GuestTableSizeCode = supported }));
        Assert.Equal(AmdDeviceTableError.None, (Host with { GuestTableLevelCode = glx }).Check(Part));
    }

    [Theory]
    [InlineData(0, 0, AmdDeviceTableError.None)]
    [InlineData(1, 0, AmdDeviceTableError.GuestPagingBeyondGats)]
    [InlineData(1, 1, AmdDeviceTableError.None)]
    [InlineData(2, 2, AmdDeviceTableError.ReservedGuestPagingMode)]
    [InlineData(3, 2, AmdDeviceTableError.ReservedGuestPagingMode)]
    public void Gats_bounds_the_guest_paging_mode(int mode, int gats, AmdDeviceTableError error) =>
        Assert.Equal(error, (Guest with { GuestPagingMode = mode }).Check(GuestPart with { GuestTranslationSizeCode = gats }));

    [Fact]
    public void Addresses_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Host with { HostRoot = new(0x1800) });
        Assert.Throws<ArgumentOutOfRangeException>(() => Host with { HostRoot = new(1UL << 52) });
        Assert.Throws<ArgumentOutOfRangeException>(() => Host with { GuestTable = new(0x1800) });
        Assert.Throws<ArgumentOutOfRangeException>(() => Host with { GuestTable = new(1UL << 52) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new AmdGuestTableEntry { Address = 0x800 });
        Assert.Throws<ArgumentException>(() => AmdDeviceTableEntry.Read(new ulong[3]));
        Assert.Throws<ArgumentException>(() => Host.Write(new ulong[3]));
    }

    [Fact]
    public void A_gcr3_table_entry_has_this_word()
    {
        Assert.Equal(0x000F_FFFF_FFFF_F001UL, new AmdGuestTableEntry { IsValid = true, Address = 0xF_FFFF_FFFF_F000 }.Value);
        Assert.False(new AmdGuestTableEntry(0x000F_FFFF_FFFF_F001).ReservedBitsSet);
        Assert.True(new AmdGuestTableEntry(0x2).ReservedBitsSet);
        Assert.True(new AmdGuestTableEntry(0x800).ReservedBitsSet);
        Assert.True(new AmdGuestTableEntry(0x10_0000_0000_0000).ReservedBitsSet);
        Assert.True(new AmdGuestTableEntry(1UL << 63).ReservedBitsSet);
    }

    [Theory]
    [InlineData(0xABCDEU, 0, 0xDE)]
    [InlineData(0xABCDEU, 1, 0x15E)]
    [InlineData(0xABCDEU, 2, 0x2)]
    [InlineData(0x1FFU, 0, 0x1FF)]
    [InlineData(0x200U, 1, 1)]
    public void Nine_pasid_bits_index_each_gcr3_level(uint pasid, int level, int index) =>
        Assert.Equal(index, AmdGuestTableEntry.IndexOf(new(pasid), level));

    [Fact]
    public void The_levels_bound_the_pasids()
    {
        Assert.True(AmdGuestTableEntry.Covers(new(0x1FF), 1));
        Assert.False(AmdGuestTableEntry.Covers(new(0x200), 1));
        Assert.True(AmdGuestTableEntry.Covers(new(0x3FFFF), 2));
        Assert.False(AmdGuestTableEntry.Covers(new(0x40000), 2));
        Assert.True(AmdGuestTableEntry.Covers(new(Pasid.MaxValue), 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => AmdGuestTableEntry.Covers(default, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => AmdGuestTableEntry.Covers(default, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => AmdGuestTableEntry.IndexOf(default, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => AmdGuestTableEntry.IndexOf(default, -1));
    }

    [Fact]
    public void Any_words_can_be_read_judged_and_written_back() =>
        Gen.Select(Gen.ULong.Array[4], Gen.ULong, Gen.Bool).Sample((words, features, sparse) =>
        {
            if (sparse) (words[0], words[2], words[3]) = ((words[0] & ~0x8000_0000_0000_007CUL) | 3, words[2].WithField(53, 52, 0), 0);
            AmdDeviceTableEntry entry = AmdDeviceTableEntry.Read(words);
            ulong[] back = new ulong[4];
            entry.Write(back);
            Assert.Equal(words, back);
            AmdDeviceTableError error = entry.Check(new(features));
            Assert.True(Enum.IsDefined(error));
            if (error == AmdDeviceTableError.None && entry.UsesHostTable) Assert.InRange(entry.Mode, 1, new AmdExtendedFeatures(features).MaximumHostLevels);
            _ = (entry.GuestTable, entry.HostRoot, entry.HostAccessDirty, new AmdGuestTableEntry(words[3]).ReservedBitsSet);
        }, iter: 20_000);
}
