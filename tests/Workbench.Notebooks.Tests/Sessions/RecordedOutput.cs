using Workbench.Notebooks.Display;

namespace Workbench.Notebooks.Tests.Sessions;

/// <summary>Keeps what a cell shows, in order, for tests to read.</summary>
internal sealed class RecordedOutput : ICellOutput
{
    private readonly Lock gate = new();
    private readonly List<string> events = [];

    /// <summary>The lines a cell may read.</summary>
    public Queue<string> Input { get; } = new();

    public IReadOnlyList<string> Events { get { lock (gate) return [.. events]; } }

    public List<MimeBundle> Shown { get; } = [];

    public string Text(StreamName stream) => string.Concat(Events.Where(e => e.StartsWith(stream + ":", StringComparison.Ordinal)).Select(e => e[(stream.ToString().Length + 1)..]));

    public void Write(StreamName stream, string text) => Add($"{stream}:{text}");

    public void Display(MimeBundle bundle, string? displayId)
    {
        lock (gate) Shown.Add(bundle);
        Add($"display {displayId}:{bundle.TextOf(MimeBundle.PlainText)}");
    }

    public void Update(MimeBundle bundle, string displayId) => Add($"update {displayId}:{bundle.TextOf(MimeBundle.PlainText)}");

    public void Clear(bool wait) => Add($"clear {wait}");

    public string ReadLine(string prompt, bool isPassword, CancellationToken cancellation) => Input.TryDequeue(out string? line) ? line : throw new InputNotAvailableException("No input.");

    private void Add(string e)
    {
        lock (gate) events.Add(e);
    }
}
