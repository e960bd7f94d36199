using System.Text.Json;
using Workbench.Iommu;
using Xunit;

namespace Workbench.Cli.Tests;

public sealed class CompareCommandTests
{
    private static string[] Columns(string output, string label) =>
        [.. output.Split('\n').Where(l => l.StartsWith(label, StringComparison.Ordinal)).SelectMany(l => l[label.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(c => c.TrimEnd('\r'))];

    [Fact]
    public void Every_model_gets_a_column_within_80_characters()
    {
        (int exit, string output, string error) = WorkbenchProcess.Run("compare", WorkbenchProcess.Trace("intel-vfio-nested"), "--harvest", "1s");
        Assert.True(exit == 0, error);
        string[] lines = [.. output.Split('\n').Select(l => l.TrimEnd('\r'))];
        Assert.All(lines, line => Assert.True(line.Length <= 80, $"wider than 80 columns: {line}"));
        string[] headers = [.. lines.Where(l => l.StartsWith("         ", StringComparison.Ordinal)).SelectMany(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        Assert.Equal(IommuCatalogue.Models.Select(m => m.Name), headers);
        foreach (string label in (string[])["lookups", "walks", "PTE reads", "commands", "dirty 4K, true", "  reported", "  missed", "dirty leaves", "table KiB, peak"])
            Assert.Equal(headers.Length, Columns(output, label).Length);
        Assert.All(Columns(output, "  missed"), missed => Assert.Equal("0", missed));
        Assert.Single(Columns(output, "dirty 4K, true").Distinct());
        Assert.Contains("Every column was given the same writes: 596 distinct 4 KiB pages.", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_is_one_object_for_each_model_asked_for()
    {
        (int exit, string output, string error) = WorkbenchProcess.Run("compare", WorkbenchProcess.Trace("intel-perf"), "--iommu", "smmu:64K,vtd", "--view", "gpa", "--format", "json");
        Assert.True(exit == 0, error);
        JsonElement[] all = [.. JsonDocument.Parse(output).RootElement.EnumerateArray()];
        Assert.Equal([("smmu", "64K"), ("vtd", "4K")], all.Select(s => (s.GetProperty("iommu").GetString()!, s.GetProperty("granule").GetString()!)));
        Assert.Single(all.Select(s => s.GetProperty("distinctTrueDirty4K").GetInt64()).Distinct());
    }

    [Fact]
    public void A_model_without_the_page_size_is_left_out_by_name()
    {
        (int exit, string output, _) = WorkbenchProcess.Run("compare", WorkbenchProcess.Trace("intel-perf"), "--iommu", "vtd,amd", "--page-size", "64K", "--view", "gpa");
        Assert.Equal(0, exit);
        Assert.Contains("Left out: Page size '64K': vtd has leaves of 4K, 2M, 1G", output, StringComparison.Ordinal);
        Assert.Single(Columns(output, "lookups"));
    }

    [Fact]
    public void A_granule_that_a_trace_of_small_mappings_cannot_use_leaves_its_column_out()
    {
        (int exit, string output, _) = WorkbenchProcess.Run("compare", WorkbenchProcess.Trace("intel-perf"), "--iommu", "vtd,smmu:64K", "--view", "iova");
        Assert.Equal(0, exit);
        Assert.Contains("Left out: smmu:64K:", output, StringComparison.Ordinal);
        Assert.Contains("--granule 4K", string.Join(' ', output.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--iommu", "vtd,powerpc", "powerpc")]
    [InlineData("--iommu", "vtd:16K", "Granule '16K'")]
    [InlineData("--page-size", "3K", "Page size '3K'")]
    [InlineData("--driver", "windows", "driver profile 'windows'")]
    [InlineData("--dirty-order", "sometimes", "Dirty order 'sometimes'")]
    [InlineData("--device-tlb", "100000", "device TLB of 100000")]
    public void Wrong_input_is_one_message_and_exit_code_2(string option, string value, string says)
    {
        (int exit, string output, string error) = WorkbenchProcess.Run("compare", WorkbenchProcess.Trace("intel-perf"), option, value);
        Assert.Equal((2, ""), (exit, output));
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
