using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Jupyter;

/// <summary>What the kernel says of itself.</summary>
internal static class KernelInfo
{
    private static readonly string Version = typeof(KernelInfo).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>The content of a kernel_info_reply.</summary>
    public static JsonObject Reply() => new()
    {
        ["status"] = "ok",
        ["protocol_version"] = MessageCodec.ProtocolVersion,
        ["implementation"] = "iommu-workbench",
        ["implementation_version"] = Version,
        ["language_info"] = new JsonObject
        {
            ["name"] = "C#",
            ["version"] = "14.0",
            ["mimetype"] = "text/x-csharp",
            ["file_extension"] = ".csx",
            ["pygments_lexer"] = "csharp",
            ["codemirror_mode"] = "text/x-csharp",
            ["nbconvert_exporter"] = "script",
        },
        ["banner"] = $"IOMMU Workbench {Version}: C# 14 on .NET {Environment.Version.ToString(2)}; #!lsmagic lists the other languages and commands, name? explains a name.",
        ["help_links"] = new JsonArray(Link("C#", "https://learn.microsoft.com/dotnet/csharp/"), Link(".NET API", "https://learn.microsoft.com/dotnet/api/"), Link("Jupyter", "https://docs.jupyter.org/")),
        ["debugger"] = false,
    };

    private static JsonObject Link(string text, string url) => new() { ["text"] = text, ["url"] = url };
}
