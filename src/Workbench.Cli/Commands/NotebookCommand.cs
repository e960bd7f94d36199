using System.CommandLine;

namespace Workbench.Cli.Commands;

/// <summary>workbench notebook</summary>
internal static class NotebookCommand
{
    public static Command Create() => new("notebook", "Run notebooks from the command line, check them, strip their outputs, or begin a new one.")
    {
        NotebookRunCommand.Create(),
    };
}
