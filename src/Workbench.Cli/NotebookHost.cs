using System.Reflection;
using Microsoft.Data.Analysis;
using Workbench.Iommu;
using Workbench.Notebooks.Sessions;
using Workbench.Replay;
using Workbench.Traces;

namespace Workbench.Cli;

/// <summary>What a notebook of the workbench finds in its cells.</summary>
internal static class NotebookHost
{
    private static readonly Assembly[] References = [typeof(IIommu).Assembly, typeof(TraceEvent).Assembly, typeof(Replayer).Assembly, typeof(DataFrame).Assembly, Assembly.Load("Plotly.NET")];
    private static readonly string[] Imports = ["Microsoft.Data.Analysis", "Workbench.Iommu", "Workbench.Replay", "Workbench.Traces"];

    /// <summary>Options for a notebook in a folder.</summary>
    public static SessionOptions Create(string folder) => new() { Folder = folder, References = References, Imports = Imports };
}
