using System.Diagnostics;
using Plotly.NET;

namespace Workbench.Notebooks.Export;

/// <summary>plotly.js as it comes inside Plotly.NET: its version is that of the package, and no network is needed.</summary>
internal static class PlotlyScript
{
    private static readonly Lazy<string> Text = new(Read);

    /// <summary>The script, safe inside a script element.</summary>
    public static string Source => Text.Value;

    private static string Read()
    {
        System.Reflection.Assembly assembly = typeof(GenericChart).Assembly;
        string name = Array.Find(assembly.GetManifestResourceNames(), n => n.Contains("plotly", StringComparison.Ordinal) && n.EndsWith(".min.js", StringComparison.Ordinal)) ?? throw new UnreachableException("Plotly.NET holds plotly.js as a resource.");
        using Stream stream = assembly.GetManifestResourceStream(name) ?? throw new UnreachableException(name);
        using StreamReader reader = new(stream);
        return reader.ReadToEnd().Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase);
    }
}
