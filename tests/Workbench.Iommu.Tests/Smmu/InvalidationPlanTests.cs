using CsCheck;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Smmu;

/// <summary>How ranges become TLBI commands. IHI 0070 §4.4.1.1; hardware.md 3.5, "Linux choice".</summary>
public sealed class InvalidationPlanTests
{
    private static readonly DriverProfile Linux = DriverProfile.Linux;

    private static DriverProfile Profile(string name) => DriverProfile.Find(name) ?? throw new ArgumentException(name);

    private static List<SmmuTlbiRange>? Plan(ulong first, ulong last, DriverProfile? profile = null, SmmuGranule granule = SmmuGranule.Size4K, bool ranges = true, bool leafOnly = true, int leafLog2 = 0, int hint = 0) =>
        SmmuInvalidationPlan.Of(profile ?? Linux, granule, ranges, first, last, leafOnly, leafLog2, hint);

    private static string Text(List<SmmuTlbiRange>? plan) =>
        plan is null ? "whole" : string.Join(" ", plan.Select(r => FormattableString.Invariant($"{r.Address:x}:{(r.Granule == SmmuGranule.None ? "single" : $"{r.Num + 1}<<{r.Scale}")}{(r.LevelHint == 0 ? "" : $"@{r.LevelHint}")}")));

    [Theory]
    [InlineData(0x5000UL, 0x5FFFUL, 0, "5000:single")]
    [InlineData(0x5000UL, 0x5FFFUL, 3, "5000:1<<0@3")]
    [InlineData(0x5000UL, 0x6FFFUL, 3, "5000:1<<1@3")]
    [InlineData(0x5000UL, 0x7FFFUL, 3, "5000:3<<0@3")]
    [InlineData(0UL, 0x1F_FFFFUL, 2, "0:1<<9@2")]
    [InlineData(0UL, 0x60_0FFFUL, 3, "0:1<<0@3 1000:3<<9@3")] // 1537 pages: five bits from the low end
    [InlineData(0UL, 0x2_0FFFUL, 0, "0:single 1000:1<<5")] // 33 pages
    [InlineData(0UL, 0x1_EFFFUL, 0, "0:31<<0")]
    [InlineData(0x10_0000UL, 0xFFFF_FFFFUL, 0, "100000:31<<8 2000000:31<<13 40000000:3<<18")]
    public void Linux_takes_five_bits_of_the_page_count_at_a_time(ulong first, ulong last, int hint, string expected) => Assert.Equal(expected, Text(Plan(first, last, hint: hint)));

    [Theory]
    [InlineData(0x5000UL, 0x5FFFUL, "5000:1<<1")]
    [InlineData(0x5000UL, 0x7FFFUL, "5000:1<<2")]
    [InlineData(0x5000UL, 0x6FFFUL, "5000:1<<1")]
    public void Where_tables_went_an_odd_number_of_pages_becomes_even(ulong first, ulong last, string expected) => Assert.Equal(expected, Text(Plan(first, last, leafOnly: false)));

    // Below an eighth of a granule's number of pages singly; from there on the whole.
    [Theory]
    [InlineData(SmmuGranule.Size4K, 511, false)]
    [InlineData(SmmuGranule.Size4K, 512, true)]
    [InlineData(SmmuGranule.Size16K, 2047, false)]
    [InlineData(SmmuGranule.Size16K, 2048, true)]
    [InlineData(SmmuGranule.Size64K, 8191, false)]
    [InlineData(SmmuGranule.Size64K, 8192, true)]
    public void Without_ranges_pages_go_singly_up_to_a_table_full(SmmuGranule granule, int pages, bool isWhole)
    {
        List<SmmuTlbiRange>? plan = Plan(0, ((ulong)pages << granule.SizeLog2) - 1, granule: granule, ranges: false);
        Assert.Equal(isWhole ? null : pages, plan?.Count);
        if (plan is not null) Assert.All(plan, range => Assert.Equal(SmmuGranule.None, range.Granule));
    }

    [Theory]
    [InlineData("aligned", 0x3000UL, 0x4FFFUL, 0, "0:1<<3")]
    [InlineData("aligned", 0x3000UL, 0x3FFFUL, 0, "3000:single")]
    [InlineData("exact", 0x3000UL, 0x8FFFUL, 0, "3000:single 4000:1<<2 8000:single")]
    [InlineData("per-page", 0x3000UL, 0x5FFFUL, 12, "3000:single 4000:single 5000:single")]
    [InlineData("per-page", 0x20_0000UL, 0x5F_FFFFUL, 21, "200000:1<<9 400000:1<<9")]
    [InlineData("per-page", 0UL, 0x1F_FFFFUL, 12, "512")]
    [InlineData("per-page", 0UL, 0x20_0FFFUL, 12, "whole")] // 513 commands
    [InlineData("whole-domain", 0x3000UL, 0x3FFFUL, 0, "whole")]
    public void Each_profile_has_its_shape(string profile, ulong first, ulong last, int leafLog2, string expected)
    {
        List<SmmuTlbiRange>? plan = Plan(first, last, Profile(profile), leafLog2: leafLog2);
        Assert.Equal(expected, plan is { Count: > 100 } ? plan.Count.ToString(System.Globalization.CultureInfo.InvariantCulture) : Text(plan));
    }

    [Fact]
    public void Everything_is_the_whole() => Assert.All(DriverProfile.All, profile => Assert.Null(Plan(0, ulong.MaxValue, profile)));

    [Fact]
    public void What_a_scale_of_31_cannot_reach_is_the_whole()
    {
        Assert.Null(Plan(0, Bits.Mask(48)));
        Assert.Equal("0:16<<31", Text(Plan(0, Bits.Mask(47))));
        Assert.Null(Plan(0, Bits.Mask(47), Profile("aligned")));
    }

    private static readonly Gen<(SmmuGranule Granule, int Level, ulong First, ulong Last)> Leaves =
        from granule in Gen.OneOf(SmmuGranule.Size4K, SmmuGranule.Size16K, SmmuGranule.Size64K)
        from level in Gen.OneOf(0, 1)
        let log2 = SmmuTables.Shift(granule, level)
        from start in Gen.OneOf(Gen.ULong[0, 70], Gen.ULong[0, Bits.Mask(45 - log2)])
        from count in Gen.OneOf(Gen.ULong[1, 70], Gen.ULong[1, Bits.Mask(43 - log2)])
        select (granule, level, start << log2, ((start + count) << log2) - 1);

    // Every command is legal, none unpredictable; together they cover the range, exactly unless the shape rounds.
    [Fact]
    public void A_plan_covers_its_range_with_legal_commands() => Gen.Select(Leaves, Gen.OneOf(DriverProfile.All.ToArray()), Gen.Bool, Gen.Bool, Gen.Bool).Sample((leaves, profile, ranges, leafOnly, hinted) =>
    {
        int hint = hinted && leafOnly && ranges ? 3 - leaves.Level : 0;
        if (Plan(leaves.First, leaves.Last, profile, leaves.Granule, ranges, leafOnly, SmmuTables.Shift(leaves.Granule, leaves.Level), hint) is not { } plan) return;
        SmmuFeatures part = SmmuFeatures.Default with { SupportsRangeInvalidation = ranges };
        List<(ulong First, ulong Last)> covered = [];
        foreach (SmmuTlbiRange range in plan)
        {
            SmmuCommand command = SmmuCommand.TlbiNhVa(0, 1, range, leafOnly);
            Assert.Equal(SmmuCommandError.None, command.Check(part));
            Assert.False(command.RangeIsUnpredictable);
            Assert.Equal(hint, command.LevelHint);
            covered.Add((command.FirstByte, command.Granule == SmmuGranule.None ? command.FirstByte | Bits.Mask(leaves.Granule.SizeLog2) : command.LastByte));
        }
        ulong at = covered[0].First;
        foreach ((ulong first, ulong last) in covered)
        {
            Assert.Equal(at, first);
            at = last + 1;
        }
        bool isExact = profile.Shape != InvalidationShape.AlignedPowerOfTwo && (leafOnly || !ranges);
        Assert.True(isExact ? (covered[0].First, at - 1) == (leaves.First, leaves.Last) : covered[0].First <= leaves.First && at - 1 >= leaves.Last);
    });
}
