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
        Assert.Contains("Left out: vtd: Page size '64K': vtd has leaves of 4K, 2M, 1G", output, StringComparison.Ordinal);
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

    [Fact]
    public void Whatever_a_model_lacks_leaves_it_out_with_the_reason()
    {
        string[] arguments = ["compare", WorkbenchProcess.Trace("intel-perf"), "--view", "gpa", "--format", "json"];
        foreach ((string[] options, string model, string reason) in (ReadOnlySpan<(string[], string, string)>)
            [
                (["--iommu", "vtd,smmu", "--dirty-order", "may-lag"], "smmu", "vtd: The VT-d machine cannot be built"),
                (["--iommu", "riscv,amd", "--address-bits", "39"], "riscv", "amd: addressBits is 39"),
                (["--iommu", "amd,smmu", "--address-bits", "57"], "amd", "smmu: addressBits is 57"),
                (["--iommu", "smmu,smmu:64K", "--address-bits", "52"], "smmu", "smmu: addressBits is 52: with granule 4K smmu has 48 at most; use --granule 64K."),
                (["--iommu", "vtd,amd:16K"], "vtd", "amd:16K: Granule '16K'"),
            ])
        {
            (int exit, string output, string error) = WorkbenchProcess.Run([.. arguments, .. options]);
            Assert.True(exit == 0, error);
            Assert.Equal(model, Assert.Single(JsonDocument.Parse(output).RootElement.EnumerateArray()).GetProperty("iommu").GetString());
            Assert.StartsWith("workbench: left out: " + reason, error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_pasid_leaves_out_the_models_that_cannot_take_it()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["t.csv"], """
            time_ns,kind,device,pasid,iova,length,target,flags,text,line
            0,Map,00:01.0,5,0x200000,4096,0x400000,3,,
            1000,Write,00:01.0,5,0x200000,4096,,0,,

            """);
        Assert.Equal(0, WorkbenchProcess.Run("trace", "import", "--csv", folder["t.csv"], "--out", folder["t.dmat"]).Exit);
        (int exit, string output, string error) = WorkbenchProcess.Run("compare", folder["t.dmat"], "--view", "iova", "--iommu", "amd,amd-v2,smmu-s2,smmu");
        Assert.True(exit == 0, error);
        Assert.Contains("Left out: amd: PASID 5", output, StringComparison.Ordinal);
        Assert.Contains("Left out: smmu-s2: Device 00:01.0, PASID 5", output, StringComparison.Ordinal);
        Assert.Equal(2, Columns(output, "lookups").Length);
    }

    [Fact]
    public void Columns_that_differ_in_leaves_or_harvest_times_say_so()
    {
        (_, string output, _) = WorkbenchProcess.Run("compare", WorkbenchProcess.Trace("intel-perf"), "--iommu", "vtd,smmu:64K", "--view", "gpa", "--driver", "exact", "--device-tlb", "8");
        Assert.Equal(["4K", "64K"], Columns(output, "leaves"));
        Assert.DoesNotContain("leaves 4K,", output, StringComparison.Ordinal);
        Assert.Contains("device TLB 8, driver exact", output.ReplaceLineEndings(" "), StringComparison.Ordinal);
        (_, output, _) = WorkbenchProcess.Run("compare", WorkbenchProcess.Trace("intel-perf"), "--iommu", "vtd,amd", "--view", "gpa");
        Assert.Empty(Columns(output, "leaves"));
        Assert.Contains("leaves 4K,", output, StringComparison.Ordinal);
        foreach (string[] options in (string[][])[[], ["--atomic-harvest"]])
        {
            (_, output, _) = WorkbenchProcess.Run(["compare", WorkbenchProcess.Trace("intel-nvme-randrw"), "--harvest", "1ms", "--view", "gpa", "--iommu", "vtd,smmu:64K", .. options]);
            Assert.Equal(options.Length == 0, Columns(output, "dirty 4K, true").Distinct().Count() > 1);
            Assert.Equal(options.Length == 0, output.Contains("Sums over harvests differ", StringComparison.Ordinal));
            Assert.Contains("Every column was given the same writes", output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_iommu_of_an_experiment_file_is_not_used_and_a_note_says_so()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["e.json"], """{ "iommu": "amd", /* one */ "harvestEvery": "0", }""");
        (int exit, string output, string error) = WorkbenchProcess.Run("compare", WorkbenchProcess.Trace("intel-perf"), "--experiment", folder["e.json"], "--iommu", "vtd,riscv");
        Assert.Equal(0, exit);
        Assert.Equal(2, Columns(output, "lookups").Length);
        Assert.Contains("1 harvest,", output, StringComparison.Ordinal);
        Assert.Contains("compare does not use", Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--iommu", "vtd,powerpc", "powerpc")]
    [InlineData("--iommu", "vtd:16K", "Granule '16K'")]
    [InlineData("--page-size", "3K", "Page size '3K'")]
    [InlineData("--driver", "windows", "driver profile 'windows'")]
    [InlineData("--dirty-order", "sometimes", "Dirty order 'sometimes'")]
    [InlineData("--device-tlb", "100000", "device TLB of 100000")]
    [InlineData("--device-tlb", "abc", "--device-tlb 'abc': a whole number is needed")]
    [InlineData("--address-bits", "99999999999", "--address-bits '99999999999': too large")]
    [InlineData("--iommu", "", "names no model; there is: vtd")]
    [InlineData("--iommu", ",", "names no model; there is: vtd")]
    [InlineData("--granule", "128K", "Granule '128K'")]
    [InlineData("--experiment", "absent.json", "absent.json: there is no such file")]
    public void Wrong_input_is_one_message_and_exit_code_2(string option, string value, string says)
    {
        (int exit, string output, string error) = WorkbenchProcess.Run("compare", WorkbenchProcess.Trace("intel-perf"), option, value);
        Assert.Equal((2, ""), (exit, output));
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
