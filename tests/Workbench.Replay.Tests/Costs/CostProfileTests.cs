using System.Text;
using System.Text.RegularExpressions;
using Workbench.Replay.Costs;
using Workbench.Testing;
using Workbench.Traces;
using Xunit;

namespace Workbench.Replay.Tests.Costs;

public sealed class CostProfileTests
{
    private static readonly string Good = File.ReadAllText(Repository.PathOf("data", "profiles", "assumed.json"));

    public static TheoryData<string> Shipped => [.. CostProfiles.Names];

    [Fact]
    public void The_library_carries_every_profile_of_the_data_folder() =>
        Assert.Equal(
            Directory.GetFiles(Repository.PathOf("data", "profiles"), "*.json").Select(f => Path.GetFileNameWithoutExtension(f)!).Where(n => n != "calibration").Order(StringComparer.Ordinal),
            CostProfiles.Names);

    [Fact]
    public void The_platforms_of_the_published_figures_are_there() =>
        Assert.Equal(["assumed", "cascadelake-100g", "epyc-assumed", "haswell-e5-2620v3", "ivybridge-e5-2620v2", "kunpeng920-smmuv3", "riscv-assumed", "xeon-vtd"], CostProfiles.Names);

    [Theory]
    [MemberData(nameof(Shipped))]
    public void A_shipped_profile_has_every_parameter_in_order_with_its_source(string name)
    {
        CostProfile profile = CostProfiles.Find(name);
        Assert.Equal(name, profile.Name);
        Assert.NotEmpty(profile.About);
        Assert.Equal(Enum.GetValues<Cost>(), profile.Parameters.Select(p => p.Cost));
        Assert.All(profile.Parameters, p =>
        {
            Assert.InRange(p.Parameter.Range.Default, p.Parameter.Range.Low, p.Parameter.Range.High);
            Assert.Equal(p.Cost.ToString().EndsWith("Ns", StringComparison.Ordinal), p.Parameter.Unit == "ns");
            // A source that is no guess is tagged with how well it is known; a guess says so and is never a point.
            Assert.Matches(p.Parameter.IsAssumed ? "^assumed" : @"^(?!assumed).*\b[RT]\b", p.Parameter.Source);
            if (p.Parameter.IsAssumed) Assert.False(p.Parameter.Range.IsPoint);
        });
    }

    [Fact]
    public void The_usual_costs_of_a_harvest_are_those_of_the_assumed_profile()
    {
        StepCosts steps = CostProfiles.Find("assumed").StepsAt(CostLevel.Default);
        Assert.Equal((5, 15, 1000, 1000), (steps.ScanEntry, steps.ClearEntry, steps.InvalidateRange(), steps.InvalidateDomain()));
    }

    [Fact]
    public void A_file_is_found_by_its_path_and_comments_in_it_are_allowed()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("workbench-test-").FullName, "mine.json");
        File.WriteAllText(path, "// mine\n" + Good.Replace("\"assumed\",\n", "\"mine\", // measured today\n", StringComparison.Ordinal), new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        Assert.Equal("mine", CostProfiles.Find(path).Name);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Theory]
    [InlineData("skylake")]
    [InlineData("Assumed")]
    [InlineData("profiles/absent.json")]
    public void A_name_that_is_neither_profile_nor_file_is_answered_with_the_list(string name)
    {
        string message = Assert.Throws<TraceFormatException>(() => CostProfiles.Find(name)).Message;
        Assert.StartsWith($"'{name}' is neither a built-in cost profile nor a file; name one of assumed, cascadelake-100g,", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_is_refused_as_one() => Assert.Contains("is a folder", Assert.Throws<TraceFormatException>(() => CostProfiles.Find(Path.GetTempPath())).Message, StringComparison.Ordinal);

    public static TheoryData<string, string, string> Wrong => new()
    {
        { "\"scanEntryNs\": {", "\"scanEntry\": {", "Missing: scanEntryNs." },
        { "\"scanEntryNs\": {", "\"scanEntry\": {", "Unknown: scanEntry. The parameters are iotlbHitNs, walkNs," },
        { "\"low\": 1, \"default\": 5,", "\"low\": 6, \"default\": 5,", "scanEntryNs: low 6, default 5, high 25; 0 <= low <= default <= high is needed." },
        { "\"default\": 5, \"high\": 25", "\"default\": 26, \"high\": 25", "scanEntryNs: low 1, default 26, high 25;" },
        { "\"low\": 1, \"default\": 5,", "\"low\": -1, \"default\": 5,", "scanEntryNs: low -1, default 5, high 25;" },
        { "\"high\": 25, \"unit\": \"ns\"", "\"high\": 25, \"unit\": \"us\"", "scanEntryNs: the unit is 'us'; it must be 'ns'." },
        { "\"unit\": \"walks\"", "\"unit\": \"ns\"", "walksInFlight: the unit is 'ns'; it must be 'walks'." },
        { "\"unit\": \"fraction\"", "\"unit\": \"%\"", "contentionPerHarvester: the unit is '%'; it must be 'fraction'." },
        { "\"low\": 4.0, \"default\": 4.75", "\"low\": 0, \"default\": 4.75", "walksInFlight: low is 0;" },
        { "\"high\": 25,", "\"high\": 1000000001,", "scanEntryNs: high is 1000000001; at most 1000000000 ns." },
        { "\"high\": 5.5,", "\"high\": 1001,", "walksInFlight: high is 1001; at most 1000 walks." },
        { "\"high\": 25, ", "\"high\": 25, \"upper\": 3, ", "'upper'" },
        { "\"high\": 25, \"unit\": \"ns\", \"source\"", "\"high\": 25, \"unit\": \"ns\", \"from\"", "line 9: no cost profile:" },
        { "\"low\": 1, \"default\": 5,", "\"default\": 5,", "low" },
        { "\"low\": 1, \"default\": 5,", "\"low\": \"1\", \"default\": 5,", "line 9: no cost profile:" },
        { "\"low\": 1, \"default\": 5,", "\"low\": 1, \"low\": 1, \"default\": 5,", "Duplicate property 'low'" },
        { "\"name\": \"assumed\"", "\"name\": \"  \"", "The name is empty" },
        { "\"name\": \"assumed\"", "\"name\": null", "name" },
        { "\"about\": \"Middle", "\"about\": \"\", \"aboot\": \"Middle", "'aboot'" },
        { "{\n  \"name\"", "[\n  \"name\"", "line 1: no cost profile:" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_file_is_refused_by_what_is_wrong_and_where(string text, string instead, string says)
    {
        Assert.Contains(text, Good, StringComparison.Ordinal);
        int at = Good.IndexOf(text, StringComparison.Ordinal);
        string wrong = Good[..at] + instead + Good[(at + text.Length)..];
        string message = Assert.Throws<TraceFormatException>(() => CostProfiles.Read(Encoding.UTF8.GetBytes(wrong), "mine.json")).Message;
        Assert.StartsWith("mine.json", message, StringComparison.Ordinal);
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"CostProfileFile|CostParameterFile|CostParameters|System\.|\.NET", message);
    }

    [Fact]
    public void An_empty_source_and_an_empty_about_are_both_said_at_once()
    {
        string wrong = Regex.Replace(Good, "\"(source|about)\": \"[^\"]*\"", "\"$1\": \"\"");
        string message = Assert.Throws<TraceFormatException>(() => CostProfiles.Read(Encoding.UTF8.GetBytes(wrong), "mine.json")).Message;
        Assert.Contains("About is empty", message, StringComparison.Ordinal);
        Assert.Equal(18, Regex.Count(message, "the source is empty"));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("{")]
    public void What_is_no_object_is_no_profile(string json) => Assert.StartsWith("mine.json", Assert.Throws<TraceFormatException>(() => CostProfiles.Read(Encoding.UTF8.GetBytes(json), "mine.json")).Message, StringComparison.Ordinal);
}
