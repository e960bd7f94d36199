using System.Reflection;
using Microsoft.Data.Analysis;
using Workbench.Analysis;
using Workbench.Iommu;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Sessions;
using Workbench.Races;
using Workbench.Replay;
using Workbench.Traces;

namespace Workbench.Cli;

/// <summary>What the workbench gives a notebook: its own assemblies, frames and charts, with their main namespaces open.</summary>
internal static class NotebookHost
{
    private static readonly string[] Imports =
    [
        "Microsoft.Data.Analysis", "Plotly.NET", "Workbench.Analysis", "Workbench.Iommu", "Workbench.Races", "Workbench.Races.Hardware", "Workbench.Races.Protocols", "Workbench.Races.Search",
        "Workbench.Replay", "Workbench.Replay.Costs", "Workbench.Replay.Footprints", "Workbench.Traces",
    ];

    /// <summary>
    /// Set-up of a session whose relative paths begin at a folder. Replays in a cell stop when the cell is interrupted, and tell how far they are to what
    /// <paramref name="progress"/> gives for the cell.
    /// </summary>
    public static SessionOptions Create(string folder, Func<CellScope, IProgress<RunProgress>>? progress = null) => new()
    {
        Folder = folder,
        References = References(),
        Imports = Imports,
        AroundCell = cell => RunScope.Enter(progress?.Invoke(cell), cell.Cancellation),
    };

    // Loaded only when a notebook is: other commands need none of them.
    private static Assembly[] References() =>
    [
        typeof(IommuCatalogue).Assembly, typeof(TraceEvent).Assembly, typeof(RaceChecker).Assembly, typeof(Replayer).Assembly, typeof(Recording).Assembly, typeof(DataFrame).Assembly,
        typeof(Plotly.NET.GenericChart).Assembly, typeof(Microsoft.FSharp.Core.Unit).Assembly,
    ];
}
