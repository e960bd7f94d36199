using System.Text.Json.Nodes;
using Workbench.Notebooks.Display;

namespace Workbench.Notebooks.Jupyter;

/// <summary>Where the outputs of one execute_request go. It outlives the cell: what comes late still carries the header of its own request.</summary>
/// <param name="request">The request that runs the cell.</param>
/// <param name="wire">Where messages go.</param>
/// <param name="input">Who asks the user; null: nobody may.</param>
/// <param name="isSilent">Is nothing to be told?</param>
internal sealed class KernelCellOutput(JupyterMessage request, KernelWire wire, KernelInput? input, bool isSilent) : ICellOutput
{
    public void Write(StreamName stream, string text)
    {
        if (!isSilent) wire.Write(request, stream == StreamName.Stdout ? "stdout" : "stderr", text);
    }

    public void Display(MimeBundle bundle, string? displayId) => Publish("display_data", bundle, displayId);

    // An update belongs to the cell that makes it, not to the one that showed the value: clients that run a notebook listen to the running cell only.
    public void Update(MimeBundle bundle, string displayId) => (CellScope.Current?.Output as KernelCellOutput ?? this).Publish("update_display_data", bundle, displayId);

    public void Clear(bool wait)
    {
        if (!isSilent) wire.Publish(request, "clear_output", new() { ["wait"] = wait });
    }

    public string ReadLine(string prompt, bool isPassword, CancellationToken cancellation) => input is null
        ? throw new InputNotAvailableException("This client does not let cells ask for input (allow_stdin is false); set the value in the notebook instead.")
        : input.Ask(request, prompt, isPassword, cancellation);

    private void Publish(string type, MimeBundle bundle, string? displayId)
    {
        if (isSilent) return;
        JsonObject transient = displayId is null ? [] : new() { ["display_id"] = displayId };
        wire.Publish(request, type, new() { ["data"] = bundle.ToJson(), ["metadata"] = new JsonObject(), ["transient"] = transient });
    }
}
