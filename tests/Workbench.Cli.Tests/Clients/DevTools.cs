using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Workbench.Notebooks.Export;

namespace Workbench.Cli.Tests.Clients;

/// <summary>A Chromium without a window with one page, driven through its DevTools protocol. Not for several threads.</summary>
internal sealed class DevTools : IDisposable
{
    private const string Announcement = "DevTools listening on ";

    private readonly TemporaryFolder profile = new();
    private readonly ClientWebSocket socket = new();
    private readonly Process browser;
    private readonly CancellationToken cancellation;
    private string? session;
    private int sent;

    public DevTools(Chromium chromium, int width, int height, CancellationToken cancellation)
    {
        this.cancellation = cancellation;
        List<string> arguments = ["--headless=new", "--disable-gpu", "--no-first-run", "--disable-extensions", "--hide-scrollbars", "--remote-debugging-port=0", $"--user-data-dir={profile.Root}"];
        // Chromium's sandbox refuses the superuser; the pages here are our own.
        if (!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess) arguments.Add("--no-sandbox");
        browser = Process.Start(new ProcessStartInfo(chromium.Path, [.. arguments, string.Create(CultureInfo.InvariantCulture, $"--window-size={width},{height}"), "about:blank"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        try
        {
            socket.ConnectAsync(new(Address(browser.StandardError)), cancellation).GetAwaiter().GetResult();
            // Nobody needs what it tells from now on, but a full pipe would stop it.
            _ = browser.StandardError.BaseStream.CopyToAsync(Stream.Null, cancellation);
            _ = browser.StandardOutput.BaseStream.CopyToAsync(Stream.Null, cancellation);
            string page = (string)Send("Target.createTarget", new() { ["url"] = "about:blank" })["targetId"]!;
            session = (string)Send("Target.attachToTarget", new() { ["targetId"] = page, ["flatten"] = true })["sessionId"]!;
            Send("Page.enable");
            Resize(width, height);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Opens an address in the page, without waiting.</summary>
    public void Open(string address) => Send("Page.navigate", new() { ["url"] = address });

    /// <summary>The value of an expression in the page; that of a promise when it is kept.</summary>
    public JsonNode? Evaluate(string expression)
    {
        JsonObject answer = Send("Runtime.evaluate", new() { ["expression"] = expression, ["returnByValue"] = true, ["awaitPromise"] = true });
        if (answer["exceptionDetails"] is { } problem) throw new InvalidOperationException($"The page could not evaluate {expression}: {problem.ToJsonString()}");
        return answer["result"]!["value"];
    }

    /// <summary>Waits until an expression is true; while a page loads it may fail.</summary>
    public void WaitFor(string expression, TimeSpan patience)
    {
        long began = Stopwatch.GetTimestamp();
        while (Evaluate($"(() => {{ try {{ return !!({expression}); }} catch (e) {{ return false; }} }})()")?.GetValue<bool>() != true)
        {
            if (Stopwatch.GetElapsedTime(began) > patience) throw new TimeoutException($"Not true within {patience.TotalSeconds:0} s: {expression}");
            cancellation.ThrowIfCancellationRequested();
            Thread.Sleep(100);
        }
    }

    /// <summary>Gives the page a size in CSS pixels.</summary>
    public void Resize(int width, int height) => Send("Emulation.setDeviceMetricsOverride", new() { ["width"] = width, ["height"] = height, ["deviceScaleFactor"] = 1, ["mobile"] = false });

    /// <summary>The page as it is seen, as a PNG file.</summary>
    public byte[] Screenshot() => Convert.FromBase64String((string)Send("Page.captureScreenshot", new() { ["format"] = "png" })["data"]!);

    public void Dispose()
    {
        socket.Dispose();
        browser.Kill(entireProcessTree: true);
        browser.WaitForExit();
        browser.Dispose();
        profile.Dispose();
    }

    private static string Address(StreamReader errors)
    {
        List<string> told = [];
        while (errors.ReadLine() is { } line)
        {
            if (line.StartsWith(Announcement, StringComparison.Ordinal)) return line[Announcement.Length..];
            told.Add(line);
        }
        throw new InvalidOperationException("The browser ended before it could be driven: " + string.Join('\n', told));
    }

    // Answers come among events, which nothing here needs.
    private JsonObject Send(string method, JsonObject? parameters = null)
    {
        int id = ++sent;
        JsonObject request = new() { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        if (session is not null) request["sessionId"] = session;
        socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(request.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true, cancellation).GetAwaiter().GetResult();
        while (true)
        {
            JsonObject answer = Receive();
            if ((int?)answer["id"] != id) continue;
            return answer["error"] is { } error ? throw new InvalidOperationException($"{method}: {error.ToJsonString()}") : answer["result"]!.AsObject();
        }
    }

    private JsonObject Receive()
    {
        using MemoryStream message = new();
        byte[] buffer = new byte[64 * 1024];
        WebSocketReceiveResult part;
        do
        {
            part = socket.ReceiveAsync(buffer, cancellation).GetAwaiter().GetResult();
            if (part.MessageType == WebSocketMessageType.Close) throw new InvalidOperationException("The browser closed the connection.");
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonNode.Parse(message.ToArray())!.AsObject();
    }
}
