using System.Text.Json;

namespace Workbench.Notebooks.Packages;

/// <summary>Reads what NuGet wrote about a restore, obj/project.assets.json.</summary>
internal static class AssetsFile
{
    /// <summary>Assemblies, native libraries and the versions taken.</summary>
    public static ResolvedPackages Read(string path)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
        string[] folders = [.. json.RootElement.GetProperty("packageFolders").EnumerateObject().Select(f => f.Name)];
        JsonElement libraries = json.RootElement.GetProperty("libraries");
        // The target with a runtime identifier, "net10.0/linux-x64", has the files of this machine.
        JsonElement target = json.RootElement.GetProperty("targets").EnumerateObject().MaxBy(t => t.Name.Length).Value;
        Dictionary<string, string> versions = new(StringComparer.OrdinalIgnoreCase);
        List<string> assemblies = [], natives = [];
        foreach (JsonProperty library in target.EnumerateObject())
        {
            if (library.Value.GetProperty("type").GetString() != "package") continue;
            string[] name = library.Name.Split('/');
            versions[name[0]] = name[1];
            string inFolder = libraries.GetProperty(library.Name).GetProperty("path").GetString() ?? "";
            assemblies.AddRange(Files(library.Value, "runtime", folders, inFolder).Where(f => f.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)));
            natives.AddRange(Files(library.Value, "native", folders, inFolder));
        }
        return new(versions, assemblies, natives);
    }

    private static IEnumerable<string> Files(JsonElement library, string group, string[] folders, string inFolder)
    {
        if (!library.TryGetProperty(group, out JsonElement files)) yield break;
        foreach (string file in files.EnumerateObject().Select(f => f.Name).Where(f => !f.EndsWith("_._", StringComparison.Ordinal)))
        {
            if (folders.Select(f => Path.GetFullPath(Path.Combine(f, inFolder, file))).FirstOrDefault(File.Exists) is { } path) yield return path;
        }
    }
}
