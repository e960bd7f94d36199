using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Workbench.Notebooks.Jupyter;
using Workbench.Notebooks.Tests.Jupyter;
using Xunit;

namespace Workbench.Cli.Tests;

public sealed class KernelProcessTests : IDisposable
{
    private const int PatienceMs = 180_000;
    private const string NoSignals = "There are no signals to send on Windows.";

    private readonly TemporaryFolder folder = new();
    private readonly List<Process> started = [];

    // A failed test leaves no kernel behind.
    public void Dispose()
    {
        foreach (Process process in started)
        {
            if (!process.HasExited) process.Kill();
            process.Dispose();
        }
        folder.Dispose();
    }

    [Fact]
    public void A_kernel_of_its_own_process_runs_cells_with_our_assemblies_and_ends_with_0()
    {
        Process process = StartKernel(out ConnectionInfo connection);
        using KernelClient client = new(connection);
        Assert.Equal("True", client.Run("IommuCatalogue.Models.Any(m => m.Name == \"vtd\")").Outputs[0].Data());
        client.SendCode("new Thread(() => Thread.Sleep(Timeout.Infinite)).Start(); while (true) { }");
        Assert.Equal("shutdown_reply", client.Ask("shutdown_request", new() { ["restart"] = false }, onControl: true).Type);
        Assert.True(process.WaitForExit(PatienceMs));
        Assert.Equal(0, process.ExitCode);
        Assert.Equal("", process.StandardOutput.ReadToEnd());
    }

    [Fact]
    public void A_kernel_killed_in_a_cell_is_gone_and_its_heart_stands_still()
    {
        Process process = StartKernel(out ConnectionInfo connection);
        using KernelClient client = new(connection);
        string id = client.SendCode("Console.Write(\"go\"); while (true) { }");
        client.WaitForText(id, "go");
        Assert.True(client.Beats());
        process.Kill();
        Assert.True(process.WaitForExit(PatienceMs));
        Assert.False(client.Beats(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void A_kernel_ends_when_its_parent_is_gone()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip(NoSignals);
        string command = $"JPY_PARENT_PID=$$ dotnet '{KernelInstallation.Workbench}' kernel run --connection-file '{WriteConnection(out ConnectionInfo connection)}' & echo $!; wait";
        using Process parent = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardOutput = true })!;
        Process kernel = Process.GetProcessById(int.Parse(parent.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture));
        started.Add(kernel);
        using KernelClient client = new(connection);
        client.Run("1");
        parent.Kill();
        Assert.True(kernel.WaitForExit(PatienceMs));
    }

    [Fact]
    public void Ctrl_C_interrupts_the_cell_and_not_the_kernel_and_a_termination_ends_it()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip(NoSignals);
        Process process = StartKernel(out ConnectionInfo connection);
        using KernelClient client = new(connection);
        Signal(process, "INT");
        string id = client.SendCode("Console.Write(\"go\"); Thread.Sleep(Timeout.Infinite);");
        client.WaitForText(id, "go");
        Signal(process, "INT");
        Assert.Equal("Interrupted", client.Reply()["ename"]);
        Assert.Equal("ok", client.Run("1").Reply["status"]);
        Signal(process, "TERM");
        Assert.True(process.WaitForExit(PatienceMs));
    }

    private Process StartKernel(out ConnectionInfo connection)
    {
        Process process = WorkbenchProcess.Start("kernel", "run", "--connection-file", WriteConnection(out connection));
        started.Add(process);
        return process;
    }

    private static void Signal(Process process, string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private string WriteConnection(out ConnectionInfo connection)
    {
        // Five ports that were free a moment ago, as Jupyter chooses them.
        TcpListener[] listeners = [.. Enumerable.Range(0, 5).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        int[] ports = [.. listeners.Select(l => { l.Start(); return ((IPEndPoint)l.LocalEndpoint).Port; })];
        foreach (TcpListener listener in listeners) listener.Dispose();
        connection = new() { Key = "key", ShellPort = ports[0], IOPubPort = ports[1], StdinPort = ports[2], ControlPort = ports[3], HeartbeatPort = ports[4] };
        File.WriteAllText(folder["connection.json"], connection.ToJson());
        return folder["connection.json"];
    }
}
