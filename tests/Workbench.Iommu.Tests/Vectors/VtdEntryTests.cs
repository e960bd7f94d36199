using CsCheck;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Root, context, PASID-directory and PASID-table entries. VT-d §9.2, 9.4 to 9.6; hardware.md 2c.</summary>
public sealed class VtdEntryTests
{
    private static readonly VtdExtendedCapability Ecap = VtdExtendedCapability.Default;

    // hardware.md 2c [L]: AW 4:2, PGTT 8:6, SSADE 9, SSPTPTR 63:12, DID 79:64, PWSNP 87.
    private static readonly VtdPasidTableEntry SecondStage = new()
    {
        IsPresent = true,
        AddressWidth = VtdAddressWidth.Bits48,
        TranslationType = VtdTranslationType.SecondStage,
        SecondStageTable = new(0x1_2345_6000),
        DomainId = new(0xABCD),
        PageWalkIsSnooped = true,
    };

    [Fact]
    public void A_second_stage_entry_has_these_words()
    {
        Assert.Equal(0x0000_0001_2345_6089UL, SecondStage.Word0);
        Assert.Equal(0x0000_0000_0080_ABCDUL, SecondStage.Word1);
        Assert.Equal(0UL, SecondStage.Word2 | SecondStage.Word3 | SecondStage.Word4 | SecondStage.Word5 | SecondStage.Word6 | SecondStage.Word7);
    }

    [Fact]
    public void Dirty_tracking_changes_exactly_bit_9()
    {
        VtdPasidTableEntry tracking = SecondStage with { DirtyTrackingIsEnabled = true };
        Assert.Equal(1UL << VtdPasidTableEntry.DirtyTrackingBit, tracking.Word0 ^ SecondStage.Word0);
        Assert.Equal(0x200UL, tracking.Word0 ^ SecondStage.Word0);
        Assert.Equal(SecondStage, tracking with { Word0 = SecondStage.Word0 });
        Assert.Equal(SecondStage, tracking with { DirtyTrackingIsEnabled = false });
    }

    [Theory]
    [InlineData(0x0001UL, 1)]
    [InlineData(0xFFFFUL, 0xFFFF)]
    [InlineData(0xFFFF_FFFF_FFFF_0000UL, 0)]
    public void The_domain_is_bits_79_to_64(ulong word1, int domain) =>
        Assert.Equal(domain, new VtdPasidTableEntry(0, word1).DomainId.Value);

    // hardware.md 2c [L]: SRE 128, FSPM 131:130, WPE 132, EAFE 135, FSPTPTR 191:140.
    [Fact]
    public void First_stage_fields_are_in_word_2()
    {
        VtdPasidTableEntry entry = new()
        {
            SupervisorRequestIsEnabled = true,
            FirstStagePagingMode = 1,
            WriteProtectIsEnabled = true,
            ExtendedAccessedIsEnabled = true,
            FirstStageTable = 0x7_8000,
        };
        Assert.Equal(0x0000_0000_0007_8095UL, entry.Word2);
        Assert.Equal(0UL, entry.Word0 | entry.Word1);
    }

    [Theory]
    [InlineData(VtdAddressWidth.Reserved, 0, 0)]
    [InlineData(VtdAddressWidth.Bits39, 3, 39)]
    [InlineData(VtdAddressWidth.Bits48, 4, 48)]
    [InlineData(VtdAddressWidth.Bits57, 5, 57)]
    [InlineData((VtdAddressWidth)7, 0, 0)]
    public void A_width_code_has_levels_and_bits(VtdAddressWidth width, int levels, int bits)
    {
        Assert.Equal(levels, width.Levels);
        Assert.Equal(bits, width.AddressBits);
    }

    [Theory]
    [InlineData(0u, 0, 0)]
    [InlineData(63u, 0, 63)]
    [InlineData(64u, 1, 0)]
    [InlineData(0xFFFFFu, 16383, 63)]
    public void A_pasid_splits_into_directory_and_table_index(uint pasid, int directory, int table)
    {
        Assert.Equal(directory, VtdPasidDirectoryEntry.IndexOf(new(pasid)));
        Assert.Equal(table, VtdPasidTableEntry.IndexOf(new(pasid)));
    }

    [Theory]
    [InlineData(0x0100, 1, 0, true)]
    [InlineData(0x017F, 1, 127, true)]
    [InlineData(0x0180, 1, 0, false)]
    [InlineData(0xFFFF, 255, 127, false)]
    public void A_requester_splits_into_bus_half_and_function(int requester, int root, int context, bool lower)
    {
        RequesterId id = new((ushort)requester);
        VtdRootEntry entry = new() { LowerIsPresent = true, LowerContextTable = new(0x1000), UpperContextTable = new(0x2000) };
        Assert.Equal(root, VtdRootEntry.IndexOf(id));
        Assert.Equal(context, VtdContextEntry.IndexOf(id));
        Assert.Equal(lower, entry.IsPresentFor(id.DeviceFunction));
        Assert.Equal(lower ? 0x1000UL : 0x2000UL, entry.ContextTableFor(id.DeviceFunction).Value);
    }

    [Fact]
    public void A_root_entry_has_these_words()
    {
        VtdRootEntry entry = new() { LowerIsPresent = true, LowerContextTable = new(0x8000_1000), UpperIsPresent = true, UpperContextTable = new(0x8000_2000) };
        Assert.Equal(new VtdRootEntry(0x8000_1001, 0x8000_2001), entry);
        Assert.Equal(2, entry.ToWords().Length);
    }

    [Fact]
    public void A_context_entry_has_these_words()
    {
        VtdContextEntry entry = new()
        {
            IsPresent = true,
            PasidIsEnabled = true,
            PasidDirectorySizeCode = 7,
            PasidDirectory = new(0x765_4000),
            RequestPasid = new(Pasid.MaxValue),
            RequestIsPrivileged = true,
        };
        Assert.Equal(new VtdContextEntry(0x765_4E09, 0x1F_FFFF), entry);
        Assert.Equal(0x16UL, new VtdContextEntry { FaultsAreSuppressed = true, DeviceTlbIsEnabled = true, PageRequestIsEnabled = true }.Word0);
    }

    [Theory]
    [InlineData(0, 0x1FFFu, true)]
    [InlineData(0, 0x2000u, false)]
    [InlineData(7, 0xFFFFFu, true)]
    [InlineData(6, 0xFFFFFu, false)]
    public void A_directory_covers_the_pasids_of_its_size(int sizeCode, uint pasid, bool covered) =>
        Assert.Equal(covered, new VtdContextEntry { PasidDirectorySizeCode = sizeCode }.Covers(new(pasid)));

    [Fact]
    public void The_largest_directory_reaches_every_pasid() =>
        Assert.Equal(VtdPasidDirectoryEntry.MaxEntries, new VtdContextEntry { PasidDirectorySizeCode = 7 }.PasidDirectoryEntries);

    [Fact]
    public void A_directory_entry_has_this_word() =>
        Assert.Equal(0x9_9003UL, new VtdPasidDirectoryEntry { IsPresent = true, FaultsAreSuppressed = true, PasidTable = new(0x9_9000) }.Word);

    [Fact]
    public void Sizes_fill_one_page()
    {
        Assert.Equal(4096, VtdRootEntry.SizeBytes * VtdRootEntry.EntriesPerTable);
        Assert.Equal(4096, VtdContextEntry.SizeBytes * VtdContextEntry.EntriesPerTable);
        Assert.Equal(4096, VtdPasidTableEntry.SizeBytes * VtdPasidTableEntry.EntriesPerTable);
        Assert.Equal(64, VtdPasidTableEntry.SizeBytes);
    }

    [Fact]
    public void A_pasid_of_21_bits_does_not_fit_a_context_entry() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new VtdContextEntry { RequestPasid = new(0x10_0000) });

    [Fact]
    public void A_table_off_its_page_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SecondStage with { SecondStageTable = new(0x1800) });

    [Fact]
    public void Too_few_words_are_refused()
    {
        ulong[] words = new ulong[7];
        Assert.Throws<ArgumentException>(() => VtdPasidTableEntry.Read(words));
        Assert.Throws<ArgumentException>(() => SecondStage.Write(words));
    }

    [Fact]
    public void A_good_entry_has_no_reserved_bits_and_SSADE_is_reserved_without_its_capability()
    {
        VtdPasidTableEntry tracking = SecondStage with { DirtyTrackingIsEnabled = true };
        Assert.False(tracking.ReservedBitsSet(Ecap));
        Assert.True(tracking.ReservedBitsSet(Ecap with { SupportsSecondStageDirty = false }));
        Assert.True(SecondStage.ReservedBitsSet(Ecap with { SupportsSnoopedPageWalk = false }));
        Assert.False(SecondStage.ReservedBitsSet(Ecap with { SupportsSecondStageDirty = false }));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(80)]
    [InlineData(86)]
    [InlineData(136)]
    [InlineData(139)]
    public void Bits_the_layout_leaves_out_are_reserved(int bit)
    {
        ulong[] words = new ulong[VtdPasidTableEntry.WordCount];
        words[bit / 64] = 1UL << (bit % 64);
        Assert.True(VtdPasidTableEntry.Read(words).ReservedBitsSet(Ecap));
    }

    [Fact]
    public void A_pointer_above_the_host_address_width_is_reserved()
    {
        VtdPasidTableEntry high = SecondStage with { SecondStageTable = new(1UL << 46) };
        Assert.False(high.ReservedBitsSet(Ecap, hostAddressBits: 47));
        Assert.True(high.ReservedBitsSet(Ecap, hostAddressBits: 46));
        Assert.True(new VtdRootEntry { UpperContextTable = new(1UL << 46) }.ReservedBitsSet(128, hostAddressBits: 46));
        Assert.False(new VtdRootEntry { UpperContextTable = new(1UL << 46) }.ReservedBitsSet(127, hostAddressBits: 46));
        Assert.True(new VtdPasidDirectoryEntry { PasidTable = new(1UL << 46) }.ReservedBitsSet(hostAddressBits: 46));
        Assert.True(new VtdContextEntry { PasidDirectory = new(1UL << 46) }.ReservedBitsSet(Ecap, hostAddressBits: 46));
    }

    [Fact]
    public void Enables_without_their_capability_are_reserved_in_a_context_entry()
    {
        Assert.True(new VtdContextEntry { DeviceTlbIsEnabled = true }.ReservedBitsSet(Ecap));
        Assert.False(new VtdContextEntry { DeviceTlbIsEnabled = true }.ReservedBitsSet(Ecap with { SupportsDeviceTlb = true }));
        Assert.False(new VtdContextEntry { PasidIsEnabled = true }.ReservedBitsSet(Ecap));
        Assert.True(new VtdContextEntry(0, 0, 0, 1).ReservedBitsSet(Ecap));
    }

    [Fact]
    public void Pasid_entries_round_trip() =>
        Gen.Select(Gen.Int[0, 7], Gen.Int[0, 7], Gen.Bool, Gen.ULong, Gen.UShort, Gen.ULong, Gen.Int[0, 3], Gen.Bool)
            .Sample((width, type, flag, second, domain, first, mode, other) =>
            {
                VtdPasidTableEntry entry = new()
                {
                    IsPresent = flag,
                    FaultsAreSuppressed = other,
                    AddressWidth = (VtdAddressWidth)width,
                    TranslationType = (VtdTranslationType)type,
                    DirtyTrackingIsEnabled = other,
                    SecondStageTable = new(second & ~0xFFFUL),
                    DomainId = new(domain),
                    PageWalkIsSnooped = flag,
                    PageIsSnooped = other,
                    FirstStagePagingMode = mode,
                    FirstStageTable = first & ~0xFFFUL,
                };
                VtdPasidTableEntry back = VtdPasidTableEntry.Read(entry.ToWords());
                Assert.Equal(entry, back);
                Assert.Equal((flag, other, width, type), (back.IsPresent, back.FaultsAreSuppressed, (int)back.AddressWidth, (int)back.TranslationType));
                Assert.Equal((other, second & ~0xFFFUL, domain), (back.DirtyTrackingIsEnabled, back.SecondStageTable.Value, back.DomainId.Value));
                Assert.Equal((flag, other, mode, first & ~0xFFFUL), (back.PageWalkIsSnooped, back.PageIsSnooped, back.FirstStagePagingMode, back.FirstStageTable));
            }, iter: 5_000);

    [Fact]
    public void Context_entries_round_trip() =>
        Gen.Select(Gen.Bool, Gen.Bool, Gen.Int[0, 7], Gen.ULong, Gen.UInt[0, Pasid.MaxValue], Gen.Bool)
            .Sample((present, deviceTlb, size, directory, pasid, privileged) =>
            {
                VtdContextEntry entry = new()
                {
                    IsPresent = present,
                    DeviceTlbIsEnabled = deviceTlb,
                    PasidDirectorySizeCode = size,
                    PasidDirectory = new(directory & ~0xFFFUL),
                    RequestPasid = new(pasid),
                    RequestIsPrivileged = privileged,
                };
                VtdContextEntry back = VtdContextEntry.Read(entry.ToWords());
                Assert.Equal(entry, back);
                Assert.Equal((present, deviceTlb, size), (back.IsPresent, back.DeviceTlbIsEnabled, back.PasidDirectorySizeCode));
                Assert.Equal((directory & ~0xFFFUL, pasid, privileged), (back.PasidDirectory.Value, back.RequestPasid.Value, back.RequestIsPrivileged));
            }, iter: 5_000);

    [Fact]
    public void Any_words_can_be_read_and_written_back() =>
        Gen.ULong.Array[8].Sample(words =>
        {
            Assert.Equal(words, VtdPasidTableEntry.Read(words).ToWords());
            Assert.Equal(words[..4], VtdContextEntry.Read(words).ToWords());
            Assert.Equal(words[..2], VtdRootEntry.Read(words).ToWords());
            _ = VtdPasidTableEntry.Read(words).ReservedBitsSet(Ecap);
            _ = VtdContextEntry.Read(words).ReservedBitsSet(Ecap);
            _ = VtdPasidDirectoryEntry.Read(words).ReservedBitsSet();
            _ = VtdPasidTableEntry.Read(words).AddressWidth.Levels;
        }, iter: 5_000);
}

internal static class VtdEntryWords
{
    internal static ulong[] ToWords(this VtdRootEntry entry)
    {
        ulong[] words = new ulong[VtdRootEntry.WordCount];
        entry.Write(words);
        return words;
    }

    internal static ulong[] ToWords(this VtdContextEntry entry)
    {
        ulong[] words = new ulong[VtdContextEntry.WordCount];
        entry.Write(words);
        return words;
    }

    internal static ulong[] ToWords(this VtdPasidTableEntry entry)
    {
        ulong[] words = new ulong[VtdPasidTableEntry.WordCount];
        entry.Write(words);
        return words;
    }
}
