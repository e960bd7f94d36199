using Microsoft.CodeAnalysis;

namespace Workbench.Notebooks.Languages.CSharp;

/// <summary>The XML documentation beside an assembly; for the runtime's own assemblies that of the SDK's reference pack, if there is one.</summary>
internal static class CodeDocumentation
{
    private static readonly Lazy<string?> ReferencePack = new(FindReferencePack);

    /// <summary>Documentation for the assembly at a path; null if there is none.</summary>
    public static DocumentationProvider? Of(string assembly)
    {
        string beside = Path.ChangeExtension(assembly, ".xml");
        if (File.Exists(beside)) return XmlDocumentationProvider.CreateFromFile(beside);
        if (Path.GetDirectoryName(assembly) != Path.GetDirectoryName(typeof(object).Assembly.Location) || ReferencePack.Value is not { } pack) return null;
        // Types of the core library are documented under the name of the facade that shows them.
        string name = Path.GetFileName(assembly) == "System.Private.CoreLib.dll" ? "System.Runtime.xml" : Path.GetFileName(beside);
        string inPack = Path.Combine(pack, name);
        return File.Exists(inPack) ? XmlDocumentationProvider.CreateFromFile(inPack) : null;
    }

    // <root>/shared/Microsoft.NETCore.App/10.0.1 -> <root>/packs/Microsoft.NETCore.App.Ref/10.0.*/ref/net10.0
    private static string? FindReferencePack()
    {
        string? root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location) ?? "", "..", "..", ".."));
        string packs = Path.Combine(root, "packs", "Microsoft.NETCore.App.Ref");
        if (!Directory.Exists(packs)) return null;
        return Directory.EnumerateDirectories(packs, Environment.Version.Major + ".*").Order(StringComparer.Ordinal).SelectMany(d => Directory.EnumerateDirectories(Path.Combine(d, "ref"))).LastOrDefault();
    }
}
