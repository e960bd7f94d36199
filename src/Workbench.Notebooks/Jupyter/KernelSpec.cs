using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Workbench.Notebooks.Jupyter;

/// <summary>How Jupyter starts this kernel: a folder with kernel.json and logos, named as the kernel.</summary>
public sealed partial record KernelSpec
{
    private const string Marker = "iommu_workbench";
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, IndentSize = 1, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The name by which notebooks ask for the kernel.</summary>
    public required string Name { get; init; }

    /// <summary>The name shown to people.</summary>
    public required string DisplayName { get; init; }

    /// <summary>The program with its arguments; Jupyter puts the connection file in the place of {connection_file}.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Writes the kernelspec below a folder of kernelspecs, whole or not at all, and gives its own folder.</summary>
    /// <exception cref="ArgumentException">The name is not allowed.</exception>
    /// <exception cref="IOException">There is one of that name and it is not to be replaced, or the folder cannot be written.</exception>
    public string Install(string kernels, bool replace)
    {
        CheckName(Name);
        string target = Path.Combine(kernels, Name);
        if (Directory.Exists(target) && !replace) throw new IOException($"{target}: there is a kernelspec already; pass --replace to put this one in its place.");
        string fresh = Path.Combine(kernels, $".{Name}.{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(fresh);
            File.WriteAllText(Path.Combine(fresh, "kernel.json"), ToJson() + "\n");
            File.WriteAllText(Path.Combine(fresh, "logo-svg.svg"), KernelLogo.Svg());
            foreach (int size in (int[])[32, 64]) File.WriteAllBytes(Path.Combine(fresh, $"logo-{size}x{size}.png"), KernelLogo.Png(size));
            if (Directory.Exists(target)) Remove(target);
            Directory.Move(fresh, target);
            return target;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{kernels}: cannot be written: {e.Message} Choose another place with --prefix.", e);
        }
        finally
        {
            if (Directory.Exists(fresh)) Directory.Delete(fresh, recursive: true);
        }
    }

    /// <summary>Removes the kernelspec of that name below a folder of kernelspecs; one that is not ours is left alone and is an <see cref="IOException"/>.</summary>
    public static string Uninstall(string kernels, string name)
    {
        CheckName(name);
        string target = Path.Combine(kernels, name);
        if (!Directory.Exists(target)) throw new IOException($"{target}: there is no such kernelspec; 'workbench kernel list' shows those there are.");
        if (!IsOurs(target)) throw new IOException($"{target}: this kernelspec was made by another program; remove it with that, or with 'jupyter kernelspec remove'.");
        Remove(target);
        return target;
    }

    /// <summary>The kernelspecs of ours in those folders: name, display name and folder.</summary>
    public static IReadOnlyList<(string Name, string DisplayName, string Folder)> List(IEnumerable<string> folders)
    {
        ArgumentNullException.ThrowIfNull(folders);
        return [.. folders.Where(Directory.Exists).SelectMany(Directory.GetDirectories).Where(IsOurs).OrderBy(d => d, StringComparer.Ordinal)
            .Select(d => (Path.GetFileName(d), (string?)Read(d)?["display_name"] ?? "", d))];
    }

    private static void CheckName(string name)
    {
        if (!AllowedName().IsMatch(name) || name.All(c => c == '.')) throw new ArgumentException($"'{name}' is no name for a kernel: letters, digits, '.', '-' and '_' are allowed.");
    }

    private string ToJson()
    {
        JsonArray argv = [];
        foreach (string argument in Arguments) argv.Add(argument);
        return new JsonObject
        {
            ["argv"] = argv,
            ["display_name"] = DisplayName,
            ["language"] = "C#",
            ["interrupt_mode"] = "message",
            ["env"] = new JsonObject(),
            ["metadata"] = new JsonObject { [Marker] = true },
        }.ToJsonString(Readable);
    }

    // Out of sight at once, then away: a half deleted kernelspec is never seen.
    private static void Remove(string target)
    {
        string aside = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}");
        Directory.Move(target, aside);
        Directory.Delete(aside, recursive: true);
    }

    private static bool IsOurs(string folder) => Read(folder)?["metadata"] is JsonObject metadata && metadata.ContainsKey(Marker);

    private static JsonObject? Read(string folder)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "kernel.json"))) as JsonObject;
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9._-]+$")]
    private static partial Regex AllowedName();
}
