using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Workbench.Notebooks.Jupyter;
using Workbench.Notebooks.Tests.Jupyter;

namespace Workbench.Benchmarks;

/// <summary>What a user waits for in a notebook: a real kernel process, from its start to its twenty-first cell.</summary>
internal static class NotebookBenchmark
{
    private const int Cells = 20;

    /// <summary>Prints the measurements beside their goals; false if one is missed.</summary>
    public static bool Run(TextWriter to)
    {
        ConnectionInfo connection = FreePorts();
        string file = Path.GetTempFileName();
        File.WriteAllText(file, connection.ToJson());
        long begin = Stopwatch.GetTimestamp();
        using Process kernel = Process.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "workbench.dll"), "kernel", "run", "--connection-file", file]);
        try
        {
            using KernelClient client = new(connection);
            client.Ask("kernel_info_request");
            double readyMs = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
            double firstMs = Time(client, "var total = Enumerable.Range(0, 10).Sum(); total");
            double[] laterMs = [.. Enumerable.Range(0, Cells).Select(i => Time(client, string.Create(CultureInfo.InvariantCulture, $"var n{i} = total + {i}; Console.WriteLine(n{i}); n{i}"))).Order()];
            kernel.Refresh();
            double peakMB = kernel.PeakWorkingSet64 / 1e6;
            client.Ask("shutdown_request", new() { ["restart"] = false }, onControl: true);
            kernel.WaitForExit();
            return Row(to, "ready, ms", readyMs, 1000) & Row(to, "first cell, ms", firstMs, 2000) & Row(to, "later cell, ms", laterMs[Cells / 2], 50) & Row(to, "memory peak, MB", peakMB, 250);
        }
        finally
        {
            if (!kernel.HasExited) kernel.Kill();
            File.Delete(file);
        }
    }

    private static bool Row(TextWriter to, string name, double value, double goal)
    {
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-16} {value,8:n0}   goal below {goal:n0}{(value < goal ? "" : "   missed")}"));
        return value < goal;
    }

    private static double Time(KernelClient client, string code)
    {
        long begin = Stopwatch.GetTimestamp();
        client.Run(code);
        return Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
    }

    private static ConnectionInfo FreePorts()
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, 5).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        int[] ports = [.. listeners.Select(l => { l.Start(); return ((IPEndPoint)l.LocalEndpoint).Port; })];
        foreach (TcpListener listener in listeners) listener.Dispose();
        return new() { Key = "key", ShellPort = ports[0], IOPubPort = ports[1], StdinPort = ports[2], ControlPort = ports[3], HeartbeatPort = ports[4] };
    }
}
