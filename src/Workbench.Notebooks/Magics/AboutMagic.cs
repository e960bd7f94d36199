using System.Reflection;
using System.Runtime.InteropServices;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Magics;

/// <summary>#!about</summary>
internal sealed class AboutMagic : IMagic
{
    public string Name => "about";

    public string Help => "show the versions of what runs this notebook";

    public Task RunAsync(MagicCall call)
    {
        (string Name, string Version)[] versions =
        [
            ("Workbench.Notebooks", Of(typeof(NotebookSession).Assembly)), ("C# (Roslyn)", Of(typeof(Microsoft.CodeAnalysis.CSharp.CSharpCompilation).Assembly)),
            ("F# compiler", Of(typeof(FSharp.Compiler.Interactive.Shell).Assembly)), ("DuckDB.NET", Of(typeof(DuckDB.NET.Data.DuckDBConnection).Assembly)),
            (".NET", Environment.Version.ToString()), ("System", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}"),
        ];
        foreach ((string name, string version) in versions) call.Scope.Output.Write(StreamName.Stdout, $"{name}: {version}\n");
        return Task.CompletedTask;
    }

    private static string Of(Assembly assembly) => assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? assembly.GetName().Version?.ToString() ?? "";
}
