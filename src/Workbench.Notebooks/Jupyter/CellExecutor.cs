using System.Globalization;
using System.Text.Json.Nodes;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Languages;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Jupyter;

/// <summary>Runs execute_requests: counts, remembers, tells the outputs, and aborts what waits behind a cell that failed.</summary>
internal sealed class CellExecutor(NotebookSession session, KernelWire wire, KernelInput input, CodeQuestions questions, CellHistory history)
{
    private int count;
    private long abortedUpTo;

    /// <summary>How many requests the shell channel has received so far: those that a failing cell aborts.</summary>
    public required Func<long> Received { get; init; }

    /// <summary>Runs one request and replies to it.</summary>
    public async Task ExecuteAsync(JupyterMessage request, CancellationToken cancellation)
    {
        string started = DateTime.UtcNow.ToString("O", CultureInfo.InvariantCulture);
        JsonObject reply = request.Sequence <= abortedUpTo ? new() { ["status"] = "aborted" } : await RunAsync(request, cancellation).ConfigureAwait(false);
        if ((string?)reply["status"] == "error" && request.Flag("stop_on_error", true)) abortedUpTo = Received();
        wire.Send(KernelChannel.Shell, request, "execute_reply", reply, new() { ["started"] = started, ["status"] = (string?)reply["status"] });
    }

    private async Task<JsonObject> RunAsync(JupyterMessage request, CancellationToken cancellation)
    {
        string code = request.Text("code");
        bool isSilent = request.Flag("silent", false), isStored = request.Flag("store_history", !isSilent) && !isSilent;
        JsonObject? expressions = request.Content["user_expressions"] as JsonObject;
        KernelCellOutput output = new(request, wire, request.Flag("allow_stdin", true) ? input : null, isSilent);
        if (isStored) count++;
        if (!isSilent) wire.Publish(request, "execute_input", new() { ["code"] = code, ["execution_count"] = count });

        JsonArray payload = [];
        string language = questions.LanguageOf(request.Metadata);
        bool asksToEnd = AsksToEnd(code, language);
        // As in Python's kernel it is the client who ends: jupyter console does, and shuts the kernel down.
        if (asksToEnd) payload.Add(new JsonObject { ["source"] = "ask_exit", ["keepkernel"] = false });
        CellOutcome outcome = asksToEnd ? new() { Status = CellStatus.Ok } : CodeQuestions.HelpOn(code) is var (subject, detail)
            ? await HelpAsync(subject, detail, request, output, payload, cancellation).ConfigureAwait(false)
            : await RunCellAsync(code, language, output, cancellation).ConfigureAwait(false);

        if (isStored) history.Add(count, code, outcome.Result?.TextOf(MimeBundle.PlainText));
        if (outcome.Status != CellStatus.Ok)
        {
            JsonObject error = ErrorContent(outcome);
            if (!isSilent) wire.Publish(request, "error", (JsonObject)error.DeepClone());
            error["status"] = "error";
            error["execution_count"] = count;
            error["user_expressions"] = new JsonObject();
            error["payload"] = new JsonArray();
            return error;
        }
        if (outcome.Result is { } result && !isSilent)
            wire.Publish(request, "execute_result", new() { ["execution_count"] = count, ["data"] = result.ToJson(), ["metadata"] = new JsonObject() });
        JsonObject values = await EvaluateAsync(expressions, request, cancellation).ConfigureAwait(false);
        return new() { ["status"] = "ok", ["execution_count"] = count, ["user_expressions"] = values, ["payload"] = payload };
    }

    // A variable of that name goes before.
    private bool AsksToEnd(string code, string language) => code.Trim() is "exit" or "quit" or "exit()" or "quit()" && session.Find(language) is IVariables
        && !session.Languages.OfType<IVariables>().Any(l => l.Variables.Any(v => v.Name == code.Trim()));

    private async Task<CellOutcome> RunCellAsync(string code, string language, KernelCellOutput output, CancellationToken cancellation)
    {
        try
        {
            return await session.RunAsync(code, language, output, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return CellErrors.Interrupted();
        }
    }

    // "name?" shows a page of help beside the notebook instead of an output.
    private async Task<CellOutcome> HelpAsync(string subject, int detail, JupyterMessage request, KernelCellOutput output, JsonArray payload, CancellationToken cancellation)
    {
        MimeBundle? page = await questions.HelpAsync(subject, detail, request.Metadata, cancellation).ConfigureAwait(false);
        if (page is null) output.Write(StreamName.Stdout, $"Nothing is known of '{subject}'.\n");
        else payload.Add(new JsonObject { ["source"] = "page", ["data"] = page.ToJson(), ["start"] = 0 });
        return new() { Status = CellStatus.Ok };
    }

    private async Task<JsonObject> EvaluateAsync(JsonObject? expressions, JupyterMessage request, CancellationToken cancellation)
    {
        JsonObject values = [];
        foreach ((string name, JsonNode? expression) in expressions ?? [])
        {
            KernelCellOutput nowhere = new(request, wire, null, isSilent: true);
            CellOutcome outcome = await RunCellAsync(expression?.ToString() ?? "", questions.LanguageOf(request.Metadata), nowhere, cancellation).ConfigureAwait(false);
            JsonObject value = outcome.Status == CellStatus.Ok ? new() { ["data"] = outcome.Result?.ToJson() ?? [], ["metadata"] = new JsonObject() } : ErrorContent(outcome);
            value["status"] = outcome.Status == CellStatus.Ok ? "ok" : "error";
            values[name] = value;
        }
        return values;
    }

    private static JsonObject ErrorContent(CellOutcome outcome)
    {
        CellError error = outcome.Error ?? throw new System.Diagnostics.UnreachableException($"A cell ended as {outcome.Status} without an error.");
        JsonArray traceback = [];
        foreach (string line in error.Traceback) traceback.Add(traceback.Count == 0 ? $"\e[31m{line}\e[0m" : line);
        return new() { ["ename"] = error.Name, ["evalue"] = error.Message, ["traceback"] = traceback };
    }
}
