using System.Text.Json.Nodes;
using Xunit;

namespace Workbench.Cli.Tests;

public sealed class KernelCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string Kernels => folder["share/jupyter/kernels"];

    [Theory]
    [InlineData("workbench-csharp")]
    [InlineData(".net-csharp")]
    public void An_installed_kernelspec_starts_this_program(string name)
    {
        Install("--name", name, "--display-name", "C# of a test");
        JsonNode spec = JsonNode.Parse(File.ReadAllText(Path.Combine(Kernels, name, "kernel.json")))!;
        Assert.Equal(("C# of a test", "C#", "message"), ((string?)spec["display_name"], (string?)spec["language"], (string?)spec["interrupt_mode"]));
        string[] arguments = [.. spec["argv"]!.AsArray().Select(a => (string)a!)];
        Assert.True(File.Exists(arguments[0]), arguments[0]);
        Assert.EndsWith("workbench.dll", arguments[1], StringComparison.Ordinal);
        Assert.Equal(["kernel", "run", "--connection-file", "{connection_file}"], arguments[2..]);
        Assert.Equal(["kernel.json", "logo-32x32.png", "logo-64x64.png", "logo-svg.svg"], Directory.GetFiles(Path.Combine(Kernels, name)).Select(f => Path.GetFileName(f)).Order());
        Assert.Equal([name], Directory.GetFileSystemEntries(Kernels).Select(f => Path.GetFileName(f)));
    }

    [Fact]
    public void A_kernelspec_is_replaced_only_when_asked()
    {
        Install();
        File.WriteAllText(Path.Combine(Kernels, "workbench-csharp", "old"), "");
        Assert.Contains("--replace", WorkbenchProcess.Refused("kernel", "install", "--prefix", folder.Root), StringComparison.Ordinal);
        Install("--replace");
        Assert.False(File.Exists(Path.Combine(Kernels, "workbench-csharp", "old")));
        Assert.Single(Directory.GetFileSystemEntries(Kernels));
    }

    [Fact]
    public void A_kernelspec_of_ours_is_removed_and_no_other()
    {
        Install();
        Assert.Equal(0, WorkbenchProcess.Run("kernel", "uninstall", "--prefix", folder.Root).Exit);
        Assert.Empty(Directory.GetFileSystemEntries(Kernels));
        Assert.Contains("no such kernelspec", WorkbenchProcess.Refused("kernel", "uninstall", "--prefix", folder.Root), StringComparison.Ordinal);
        Directory.CreateDirectory(Path.Combine(Kernels, "python3"));
        File.WriteAllText(Path.Combine(Kernels, "python3", "kernel.json"), """{"argv":[],"metadata":{"debugger":true}}""");
        Assert.Contains("another program", WorkbenchProcess.Refused("kernel", "uninstall", "--name", "python3", "--prefix", folder.Root), StringComparison.Ordinal);
        Assert.True(Directory.Exists(Path.Combine(Kernels, "python3")));
    }

    [Theory]
    [InlineData("../elsewhere")]
    [InlineData("two words")]
    [InlineData("..")]
    [InlineData("")]
    public void A_bad_name_is_refused(string name)
    {
        Assert.Contains("no name for a kernel", WorkbenchProcess.Refused("kernel", "install", "--name", name, "--prefix", folder.Root), StringComparison.Ordinal);
        Assert.Contains("no name for a kernel", WorkbenchProcess.Refused("kernel", "uninstall", "--name", name, "--prefix", folder.Root), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Root));
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_refused()
    {
        File.WriteAllText(folder["file"], "");
        Assert.Contains("file", WorkbenchProcess.Refused("kernel", "install", "--prefix", folder["file"]), StringComparison.Ordinal);
        Assert.Contains("exclude each other", WorkbenchProcess.Refused("kernel", "install", "--user", "--prefix", folder.Root), StringComparison.Ordinal);
    }

    [Fact]
    public void A_connection_that_cannot_be_served_is_refused()
    {
        Assert.Contains("--connection-file", WorkbenchProcess.Refused("kernel", "run"), StringComparison.Ordinal);
        WorkbenchProcess.Refused("kernel", "run", "--connection-file", folder["missing.json"]);
        foreach ((string text, string problem) in ((string, string)[])[("{", "not a connection file"), ("[]", "a JSON object"), ("""{"transport":"ipc"}""", "'ipc'"), ("""{"shell_port":70000}""", "70000"), ("""{"signature_scheme":"hmac-md5"}""", "hmac-md5")])
        {
            File.WriteAllText(folder["c.json"], text);
            Assert.Contains(problem, WorkbenchProcess.Refused("kernel", "run", "--connection-file", folder["c.json"]), StringComparison.Ordinal);
        }
    }

    private void Install(params string[] options)
    {
        (int exit, string output, string error) = WorkbenchProcess.Run(["kernel", "install", "--prefix", folder.Root, .. options]);
        Assert.True(exit == 0, error);
        Assert.StartsWith("installed ", output, StringComparison.Ordinal);
    }
}
