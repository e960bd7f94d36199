using Workbench.Notebooks.Display;

namespace Workbench.Notebooks.Jupyter;

/// <summary>Outputs that nobody sees.</summary>
internal sealed class SilentOutput : ICellOutput
{
    public void Write(StreamName stream, string text) { }

    public void Display(MimeBundle bundle, string? displayId) { }

    public void Update(MimeBundle bundle, string displayId) { }

    public void Clear(bool wait) { }

    public string ReadLine(string prompt, bool isPassword, CancellationToken cancellation) => throw new InputNotAvailableException("Nobody can be asked here.");
}
