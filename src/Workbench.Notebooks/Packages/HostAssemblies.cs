using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace Workbench.Notebooks.Packages;

/// <summary>
/// One assembly, one identity: what the host ships is handed out by the host's own path, anything else is loaded once per process into the context all code shares.
/// Assemblies cannot be taken back, so this is a property of the process, not of a session.
/// </summary>
internal static class HostAssemblies
{
    private static readonly Dictionary<string, string> Shipped = ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).GroupBy(p => Path.GetFileNameWithoutExtension(p), StringComparer.OrdinalIgnoreCase).ToDictionary(g => g.Key, g => g.First(), StringComparer.OrdinalIgnoreCase);

    private static readonly ConcurrentDictionary<string, string> Added = new(StringComparer.OrdinalIgnoreCase);
    private static readonly ConcurrentDictionary<string, string> Beside = new(StringComparer.OrdinalIgnoreCase);
    private static readonly ConcurrentDictionary<string, string> Natives = new(StringComparer.OrdinalIgnoreCase);

    static HostAssemblies()
    {
        AssemblyLoadContext.Default.Resolving += static (context, name) => (Added.GetValueOrDefault(name.Name ?? "") ?? Beside.GetValueOrDefault(name.Name ?? "")) is { } path ? context.LoadFromAssemblyPath(path) : null;
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += static (_, name) => FindNative(name) is { } path ? NativeLibrary.Load(path) : 0;
    }

    /// <summary>The paths of the runtime's own assemblies.</summary>
    public static IEnumerable<string> Runtime
    {
        get
        {
            string folder = Path.GetDirectoryName(typeof(object).Assembly.Location) ?? "";
            return Shipped.Values.Where(p => Path.GetDirectoryName(p) == folder);
        }
    }

    /// <summary>Is this file one of the host's or the runtime's own?</summary>
    public static bool IsShipped(string path) => Shipped.GetValueOrDefault(Path.GetFileNameWithoutExtension(path)) == path;

    /// <summary>The host's assembly or one added, by simple name; null if there is none.</summary>
    public static string? Find(string name) => Shipped.GetValueOrDefault(name) ?? Added.GetValueOrDefault(name) ?? Beside.GetValueOrDefault(name);

    /// <summary>The path under which an assembly is to be used; what is wrong with it is told instead.</summary>
    public static (string? Path, string? Problem) Add(string path)
    {
        AssemblyName name;
        try
        {
            name = AssemblyName.GetAssemblyName(path);
        }
        catch (BadImageFormatException)
        {
            return (null, $"'{path}' is not a .NET assembly.");
        }
        string simple = name.Name ?? "";
        if (Shipped.TryGetValue(simple, out string? shipped))
        {
            Version? own = AssemblyName.GetAssemblyName(shipped).Version;
            return name.Version <= own ? (shipped, null) : (null, $"'{path}' is {simple} {name.Version}, and the kernel itself has {own}, which one process cannot have beside it. Ask for {own} or older.");
        }
        string known = Added.GetOrAdd(simple, path);
        if (known == path) return (path, null);
        Version? loaded = AssemblyName.GetAssemblyName(known).Version;
        return loaded == name.Version ? (known, null) : (null, $"{simple} {loaded} is in use already (from '{known}'), and one process cannot have {name.Version} beside it. Restart the kernel to change it.");
    }

    /// <summary>An assembly that another may ask for by name; a file that is none is found out only then.</summary>
    public static void AddBeside(string path) => Beside.TryAdd(Path.GetFileNameWithoutExtension(path), path);

    /// <summary>A native library that P/Invoke finds by its file name, with or without "lib" and the extension.</summary>
    public static void AddNative(string path) => Natives.TryAdd(Path.GetFileName(path), path);

    private static string? FindNative(string name)
    {
        string extension = OperatingSystem.IsWindows() ? ".dll" : OperatingSystem.IsMacOS() ? ".dylib" : ".so";
        foreach (string file in (string[])[name, name + extension, "lib" + name, "lib" + name + extension])
        {
            if (Natives.TryGetValue(file, out string? path)) return path;
        }
        return null;
    }
}
