using System.Text;
using System.Text.Json.Nodes;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Documents;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Running;

/// <summary>The outputs of all cells of a run, built as nbformat stores them. Cells write from any thread, also after their end.</summary>
internal sealed class RunOutputs
{
    private readonly Lock gate = new();
    private readonly List<Shown> identified = [];

    /// <summary>A place for one cell's outputs.</summary>
    public CellOutputs Begin() => new(this);

    /// <summary>One thing shown: text of a stream, or an output object.</summary>
    private sealed class Shown
    {
        public StreamName? Stream { get; init; }
        public StringBuilder Text { get; } = new();
        public JsonObject Output { get; init; } = [];
        public string? DisplayId { get; init; }
    }

    /// <summary>The outputs of one cell.</summary>
    internal sealed class CellOutputs(RunOutputs run) : ICellOutput, IFailingOutput
    {
        private readonly List<Shown> shown = [];
        private bool clearsNext;

        /// <summary>What a thread of the cell failed with; null if none did.</summary>
        public CellError? Failure { get; private set; }

        public void Write(StreamName stream, string text)
        {
            lock (run.gate)
            {
                ClearIfAsked();
                if (shown.Count == 0 || shown[^1].Stream != stream) shown.Add(new() { Stream = stream });
                shown[^1].Text.Append(text);
            }
        }

        public void Display(MimeBundle bundle, string? displayId) => Add(new() { ["data"] = Data(bundle), ["metadata"] = new JsonObject(), ["output_type"] = "display_data" }, displayId);

        public void Update(MimeBundle bundle, string displayId)
        {
            lock (run.gate)
                foreach (Shown one in run.identified.Where(s => s.DisplayId == displayId)) one.Output["data"] = Data(bundle);
        }

        public void Clear(bool wait)
        {
            lock (run.gate)
            {
                clearsNext = true;
                if (!wait) ClearIfAsked();
            }
        }

        public string ReadLine(string prompt, bool isPassword, CancellationToken cancellation) =>
            throw new InputNotAvailableException($"The cell asks for input{(prompt.Length > 0 ? $" ('{prompt}')" : "")}, and in a run nobody can answer. Make it a parameter.");

        public void AddResult(MimeBundle bundle, long executionCount) =>
            Add(new() { ["data"] = Data(bundle), ["execution_count"] = executionCount, ["metadata"] = new JsonObject(), ["output_type"] = "execute_result" }, null);

        public void AddError(CellError error) =>
            Add(new() { ["ename"] = error.Name, ["evalue"] = error.Message, ["output_type"] = "error", ["traceback"] = new JsonArray([.. error.Traceback]) }, null);

        public void Fail(CellError error)
        {
            Failure = error;
            AddError(error);
        }

        public IReadOnlyList<JsonObject> ToJson()
        {
            lock (run.gate)
                return [.. shown.Select(s => s.Stream is { } stream
                    ? new JsonObject { ["name"] = stream == StreamName.Stdout ? "stdout" : "stderr", ["output_type"] = "stream", ["text"] = JupyterJson.Lines(s.Text.ToString()) }
                    : (JsonObject)s.Output.DeepClone())];
        }

        private void Add(JsonObject output, string? displayId)
        {
            lock (run.gate)
            {
                ClearIfAsked();
                Shown one = new() { Output = output, DisplayId = displayId };
                shown.Add(one);
                if (displayId is not null) run.identified.Add(one);
            }
        }

        private void ClearIfAsked()
        {
            if (!clearsNext) return;
            clearsNext = false;
            shown.Clear();
        }
    }

    // Text is stored line by line, as Jupyter does: differences of stored notebooks stay small.
    private static JsonObject Data(MimeBundle bundle)
    {
        JsonObject data = bundle.ToJson();
        foreach (string mimeType in bundle.Keys)
        {
            bool isText = mimeType.StartsWith("text/", StringComparison.Ordinal) || mimeType is "application/javascript" or "image/svg+xml";
            if (isText && bundle.TextOf(mimeType) is { } text) data[mimeType] = JupyterJson.Lines(text);
        }
        return data;
    }
}
