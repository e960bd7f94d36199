using Workbench.Cli.Commands;
using Workbench.Iommu;
using Workbench.Notebooks.Sessions;
using Workbench.Replay;
using Workbench.Traces;

namespace Workbench.Cli;

/// <summary>What the workbench gives a notebook: its own assemblies, frames and charts, with their main namespaces open.</summary>
internal static class NotebookHost
{
    /// <summary>Set-up of a session whose relative paths begin at a folder, and whose long replays report to a progress line.</summary>
    public static SessionOptions Options(string folder, NotebookProgress? progress) => new()
    {
        Folder = folder,
        References = [typeof(IommuCatalogue).Assembly, typeof(TraceEvent).Assembly, typeof(Replayer).Assembly, typeof(Microsoft.Data.Analysis.DataFrame).Assembly, typeof(Plotly.NET.GenericChart).Assembly],
        Imports = ["Workbench.Iommu", "Workbench.Traces", "Workbench.Traces.Native", "Workbench.Replay", "Microsoft.Data.Analysis"],
        DisplayIdPrefix = "",
    };
}
