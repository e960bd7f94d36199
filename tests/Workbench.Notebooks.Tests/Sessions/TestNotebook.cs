using Workbench.Notebooks.Display;
using Workbench.Notebooks.Sessions;
using Xunit;

namespace Workbench.Notebooks.Tests.Sessions;

/// <summary>A session in a folder of its own, with what its cells showed.</summary>
internal sealed class TestNotebook : IDisposable
{
    public TestNotebook()
    {
        Directory.CreateDirectory(Folder);
        Session = new(new() { Folder = Folder });
    }

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), "notebook-" + Guid.NewGuid().ToString("N"));

    public NotebookSession Session { get; }

    public RecordedOutput Output { get; } = new();

    public Task<CellOutcome> Run(string code, string language = "csharp") => Session.RunAsync(code, language, Output, TestContext.Current.CancellationToken);

    /// <summary>Runs a cell that must succeed; gives the text of its value.</summary>
    public async Task<string?> Value(string code, string language = "csharp")
    {
        CellOutcome outcome = await Run(code, language);
        Assert.True(outcome.Status == CellStatus.Ok, $"{code}\n{(outcome.Error is null ? "" : string.Join('\n', outcome.Error.Traceback))}");
        return outcome.Result?.TextOf(MimeBundle.PlainText);
    }

    /// <summary>Runs a cell that must fail; gives its error.</summary>
    public async Task<CellError> Error(string code, string language = "csharp")
    {
        CellOutcome outcome = await Run(code, language);
        Assert.Equal(CellStatus.Error, outcome.Status);
        return outcome.Error ?? throw new InvalidOperationException("A failed cell without its error.");
    }

    public void Dispose()
    {
        Session.Dispose();
        Directory.Delete(Folder, true);
    }
}
