using System.CommandLine;
using Workbench.Notebooks.Documents;

namespace Workbench.Cli.Commands;

/// <summary>workbench notebook to-script</summary>
internal static class NotebookToScriptCommand
{
    private static readonly Argument<string> Notebook = new("notebook") { Description = "an .ipynb or .dib file" };
    private static readonly Option<string?> Output = new("--output", "-o") { Description = "the .csx file to write [default: stdout]" };

    public static Command Create()
    {
        Command command = new("to-script", "Write a notebook as a C# script of marked cells (// %%): C# as it is, text and other languages as comments. 'notebook run' takes it too.") { Notebook, Output };
        command.SetAction((parsed, _) => Task.FromResult(Run(parsed.GetRequiredValue(Notebook), parsed.GetValue(Output))));
        return command;
    }

    private static int Run(string path, string? output)
    {
        if (output is not null && !output.EndsWith(".csx", StringComparison.OrdinalIgnoreCase)) throw new ArgumentException($"-o {output}: a script's name ends in .csx.");
        string script = CellScript.Write(NotebookFile.Read(path));
        if (output is null) Console.Out.Write(script);
        else AtomicFile.WriteAllText(output, script);
        return CommandLine.Done;
    }
}
