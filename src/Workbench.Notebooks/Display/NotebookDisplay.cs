using Microsoft.AspNetCore.Html;
using Workbench.Notebooks.Formatters;

namespace Workbench.Notebooks.Display;

/// <summary>What every C# and F# cell has in scope, with the names that .NET Interactive gave them.</summary>
#pragma warning disable CA1707, CA1708 // The spelling of .NET Interactive: display and Display, clear_output as in Jupyter.
public static class NotebookDisplay
{
    /// <summary>Shows a value below the cell, in every representation it has.</summary>
    public static DisplayedValue display(object? value) => Show(ValueFormatter.Format(value));

    /// <summary>Shows a value as one MIME type: text of that type is passed on as it is.</summary>
    public static DisplayedValue display(object? value, string mimeType) => Show(ValueFormatter.Format(value, mimeType));

    /// <summary>Shows this value below the cell, in every representation it has.</summary>
    public static DisplayedValue Display(this object? value) => display(value);

    /// <summary>Shows this value below the cell as one MIME type.</summary>
    public static DisplayedValue Display(this object? value, string mimeType) => display(value, mimeType);

    /// <summary>Markup that is shown as such when it is displayed or returned.</summary>
    public static IHtmlContent HTML(string content) => new HtmlString(content);

    /// <summary>Runs JavaScript in the page that shows the notebook.</summary>
    public static DisplayedValue Javascript(string code) => Show(MimeBundle.Empty.With("application/javascript", code).With(MimeBundle.PlainText, "[JavaScript]"));

    /// <summary>Takes away what the cell has shown so far; with wait, when its next output comes.</summary>
    public static void clear_output(bool wait = false) => Scope().Output.Clear(wait);

    /// <summary>Asks the user for a line.</summary>
    public static string GetInput(string prompt = "") => Scope().Output.ReadLine(prompt, false, Scope().Cancellation);

    /// <summary>Asks the user for a line that is not shown while it is typed.</summary>
    public static string GetPassword(string prompt = "") => Scope().Output.ReadLine(prompt, true, Scope().Cancellation);

    /// <summary>Cancelled when the user interrupts the running cell: give it to loops that take long.</summary>
    public static CancellationToken Interrupted => CellScope.Current?.Cancellation ?? CancellationToken.None;

    private static DisplayedValue Show(MimeBundle bundle)
    {
        CellScope scope = Scope();
        string id = scope.NextDisplayId();
        scope.Output.Display(bundle, id);
        return new(scope.Output, id);
    }

    private static CellScope Scope() => CellScope.Current ?? throw new InvalidOperationException("Nothing can be displayed here: no cell is running.");
}
