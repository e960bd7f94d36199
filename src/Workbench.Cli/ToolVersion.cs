namespace Workbench.Cli;

/// <summary>The program's name and version as provenance and manifests carry it.</summary>
internal static class ToolVersion
{
    public static string Text { get; } = $"workbench {typeof(ToolVersion).Assembly.GetName().Version?.ToString(3)}";
}
