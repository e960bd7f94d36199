using System.CommandLine;
using Workbench.Notebooks.Documents;

namespace Workbench.Cli.Commands;

/// <summary>workbench notebook strip</summary>
internal static class NotebookStripCommand
{
    private static readonly Argument<string[]> Notebooks = new("notebooks") { Description = ".ipynb files", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<bool> Check = new("--check") { Description = "change nothing; exit code 1 if a file is not stripped" };

    public static Command Create()
    {
        Command command = new("strip", "Take outputs, execution counts and times out of notebooks, in place, and bring them into the one form that is committed.") { Notebooks, Check };
        command.SetAction((parsed, _) => Task.FromResult(Run(parsed.GetRequiredValue(Notebooks), parsed.GetValue(Check))));
        return command;
    }

    private static int Run(string[] paths, bool isCheck)
    {
        // All are read before one is changed.
        List<(string Path, string Text, string Stripped, bool HasOutputs)> files = [];
        foreach (string path in paths)
        {
            if (!path.EndsWith(".ipynb", StringComparison.OrdinalIgnoreCase)) throw new ArgumentException($"{path}: only .ipynb files hold outputs.");
            NotebookDocument document = NotebookFile.Read(path);
            NotebookDocument stripped = NotebookStrip.Strip(document);
            files.Add((path, File.ReadAllText(path), Ipynb.Write(stripped), !document.Equals(stripped)));
        }
        bool isDifferent = false;
        foreach ((string path, string text, string stripped, bool hasOutputs) in files.Where(f => f.Text != f.Stripped))
        {
            isDifferent = true;
            if (!isCheck) AtomicFile.WriteAllText(path, stripped);
            string what = hasOutputs ? "outputs, execution counts or times" : "another form than the one that is committed";
            Console.Out.WriteLine(isCheck ? $"{path}: has {what}; run 'workbench notebook strip {path}'." : $"{path}: had {what}; stripped.");
        }
        return isDifferent && isCheck ? CommandLine.CheckFailed : CommandLine.Done;
    }
}
