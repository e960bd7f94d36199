using System.CommandLine;

namespace Workbench.Cli.Commands;

/// <summary>workbench notebook</summary>
internal static class NotebookCommand
{
    public static Command Create() => new("notebook", "Run notebooks from the command line, check them, take their outputs out, or begin a new one.")
    {
        NotebookRunCommand.Create(),
        NotebookVerifyCommand.Create(),
        NotebookStripCommand.Create(),
        NotebookToScriptCommand.Create(),
        NotebookNewCommand.Create(),
    };
}
