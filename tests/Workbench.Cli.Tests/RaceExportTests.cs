using Xunit;

namespace Workbench.Cli.Tests;

public sealed class RaceExportTests
{
    private static string Export(TemporaryFolder folder, string protocol = "no-flush", string vendor = "amd")
    {
        (int exit, _, string error) = WorkbenchProcess.Run("races", "--protocol", protocol, "--vendor", vendor, "--export", folder.Root);
        Assert.True(exit == 0, error);
        return Path.Combine(folder.Root, $"{protocol}-{vendor}");
    }

    [Theory]
    [InlineData("no-flush", "amd", "Lost: page 0 differs from the copy")]
    [InlineData("split-cas", "smmu-bbml0", "Broken: the TLB met two entries")]
    public void What_was_exported_is_played_step_by_step(string protocol, string vendor, string end)
    {
        using TemporaryFolder folder = new();
        string name = Export(folder, protocol, vendor);
        (int exit, string output, string error) = WorkbenchProcess.Run("replay", name + ".dmat", "--schedule", name + ".schedule.json");
        Assert.True(exit == 0, error);
        Assert.Contains(end, output, StringComparison.Ordinal);
        Assert.Contains("   1  ", output, StringComparison.Ordinal);
        Assert.Contains(" -> 0x", output, StringComparison.Ordinal);
        Assert.All(output.Split('\n'), line => Assert.True(line.TrimEnd('\r').Length <= 80, $"wider than 80 columns: {line}"));
        // The trace is one like any other.
        Assert.Equal(0, WorkbenchProcess.Run("replay", name + ".dmat").Exit);
        Assert.Equal(0, WorkbenchProcess.Run("trace", "verify", name + ".dmat").Exit);
    }

    [Fact]
    public void A_schedule_that_does_not_fit_is_refused()
    {
        using TemporaryFolder folder = new();
        string name = Export(folder), schedule = name + ".schedule.json", trace = name + ".dmat";
        Assert.Contains("belongs to another trace", WorkbenchProcess.Refused("replay", WorkbenchProcess.Trace("intel-perf"), "--schedule", schedule), StringComparison.Ordinal);
        Assert.Contains("was made for amd", WorkbenchProcess.Refused("replay", trace, "--schedule", schedule, "--iommu", "vtd"), StringComparison.Ordinal);
        Assert.Contains("--harvest means nothing with --schedule", WorkbenchProcess.Refused("replay", trace, "--schedule", schedule, "--harvest", "1s"), StringComparison.Ordinal);
        Assert.Contains("is a file", WorkbenchProcess.Refused("races", "--protocol", "no-flush", "--vendor", "amd", "--export", schedule), StringComparison.Ordinal);
        string json = File.ReadAllText(schedule);
        File.WriteAllText(schedule, json.Replace("\"write\":true", "\"write\":false", StringComparison.Ordinal));
        Assert.Contains("is not what", WorkbenchProcess.Refused("replay", trace, "--schedule", schedule), StringComparison.Ordinal);
        File.WriteAllText(schedule, json[..(json.Length / 2)]);
        Assert.Contains("no schedule", WorkbenchProcess.Refused("replay", trace, "--schedule", schedule), StringComparison.Ordinal);
    }

    [Fact]
    public void A_schedule_that_ends_otherwise_fails()
    {
        using TemporaryFolder folder = new();
        string name = Export(folder), schedule = name + ".schedule.json";
        File.WriteAllText(schedule, File.ReadAllText(schedule).Replace("lost-page", "leak", StringComparison.Ordinal));
        (int exit, _, string error) = WorkbenchProcess.Run("replay", name + ".dmat", "--schedule", schedule);
        Assert.Equal(1, exit);
        Assert.Contains("was to end so: a table that nothing points to", error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_played_is_said()
    {
        using TemporaryFolder folder = new();
        (int exit, _, string error) = WorkbenchProcess.Run("races", "--protocol", "enable-no-iotlb-flush", "--vendor", "amd", "--export", folder.Root);
        Assert.Equal(0, exit);
        Assert.Contains("enable-no-iotlb-flush-amd cannot be played: The driver turns tracking on or off", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Root));
    }
}
