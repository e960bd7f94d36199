using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Workbench.Cli.Tests.Clients;

/// <summary>The classic Jupyter Notebook serving one folder to this machine, without a password.</summary>
internal sealed class NotebookServer : IDisposable
{
    private readonly Process process;
    private readonly StringBuilder log = new();

    public NotebookServer(KernelInstallation installation, string folder, TimeSpan patience)
    {
        int port = FreePort();
        Address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/");
        ProcessStartInfo start = installation.Start(KernelInstallation.Python, "-m", "notebook", "--no-browser", "--allow-root", "--ip=127.0.0.1", string.Create(CultureInfo.InvariantCulture, $"--port={port}"),
            "--NotebookApp.port_retries=0", "--NotebookApp.token=", "--NotebookApp.password=", $"--notebook-dir={folder}");
        process = Process.Start(start)!;
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            WaitUntilServing(patience);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where it serves, with a slash at the end.</summary>
    public string Address { get; }

    /// <summary>What it has told so far.</summary>
    public string Log
    {
        get
        {
            lock (log) return log.ToString();
        }
    }

    // Its kernels are its children.
    public void Dispose()
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (log) log.AppendLine(line.Data);
    }

    private void WaitUntilServing(TimeSpan patience)
    {
        using HttpClient client = new();
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using HttpResponseMessage answer = client.Send(new(HttpMethod.Get, Address + "api/status"));
                if (answer.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
            if (process.HasExited || Stopwatch.GetElapsedTime(began) > patience) throw new InvalidOperationException("The notebook server does not serve: " + Log);
            Thread.Sleep(100);
        }
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
