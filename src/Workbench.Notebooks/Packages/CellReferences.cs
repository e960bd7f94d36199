using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Workbench.Notebooks.Cells;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Languages;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Packages;

/// <summary>#r, #i and #load of C# and F#: one set of packages and assemblies for both languages of a session.</summary>
internal sealed partial class CellReferences
{
    private readonly string folder;
    private readonly PackageResolver packages;
    private readonly ConcurrentDictionary<string, IReadOnlyList<string>> byDirective = new(StringComparer.Ordinal);

    public CellReferences(SessionOptions options)
    {
        folder = Path.GetFullPath(options.Folder);
        packages = new(folder);
        Assembly[] own = [typeof(NotebookSession).Assembly, typeof(Microsoft.AspNetCore.Html.HtmlString).Assembly, typeof(Microsoft.Data.Analysis.DataFrame).Assembly];
        Added = [.. options.References.Concat(own).Select(a => a.Location).Where(p => p.Length > 0).Distinct()];
        Paths = [.. HostAssemblies.Runtime.Concat(Added).Distinct()];
    }

    /// <summary>What every cell may use beside the runtime.</summary>
    public IReadOnlyList<string> Added { get; }

    /// <summary>What every cell may use: the runtime and what is added.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>What a #r line brought, for a compiler that meets it in a loaded file.</summary>
    public IReadOnlyList<string> Of(string directive) => byDirective.GetValueOrDefault(directive) ?? [];

    /// <summary>The code without its directives; packages are restored, projects built.</summary>
    public async Task<CellCode> ReadAsync(CodePart part, CellScope scope)
    {
        List<string> found = [];
        string[] lines = part.PaddedCode.Split('\n');
        List<(int Line, string Kind, string Argument)> directives = [.. Directives(part.Language, lines)];
        HashSet<string> loaded = [];
        foreach ((int line, string kind, string argument) in directives.ToArray())
        {
            if (kind == "load") AddLoaded(part.Language, argument, line, directives, loaded);
        }
        foreach ((int line, _, string argument) in directives.Where(d => d.Kind == "i")) packages.AddSource(AfterNuGet(argument) ?? argument, line);
        found.AddRange(await ResolvePackagesAsync(directives, scope).ConfigureAwait(false));
        foreach ((int line, _, string argument) in directives.Where(d => d.Kind == "r" && AfterNuGet(d.Argument) is null))
        {
            IReadOnlyList<string> paths = await ResolveAsync(argument, line, scope.Cancellation).ConfigureAwait(false);
            byDirective[argument] = paths;
            found.AddRange(paths);
        }
        // Directives of the cell itself become empty lines, or absolute ones, so that line numbers stay.
        foreach ((int line, string kind, string argument) in Directives(part.Language, lines).ToArray()) lines[line - 1] = kind == "load" ? $"#load \"{FullPath(argument)}\"" : "";
        return new(string.Join('\n', lines), [.. found.Distinct()]);
    }

    /// <summary>The assemblies a type needs: its own and those of its type arguments; for a type that a #r brought all that #r brought, since its members are of types from there.</summary>
    public IReadOnlyList<string> PathsOf(Type type)
    {
        string[] own = [.. Parts(type).Select(t => t.Assembly).Where(a => !a.IsDynamic && a.Location.Length > 0).Select(a => a.Location).Distinct()];
        string[] brought = [.. byDirective.Values.SelectMany(paths => paths)];
        return own.Any(brought.Contains) ? [.. own.Concat(brought).Distinct()] : own;
    }

    /// <summary>Do a type and its type arguments come from files a compiler can read?</summary>
    public static bool IsOnDisk(Type type) => Parts(type).All(t => !t.Assembly.IsDynamic && t.Assembly.Location.Length > 0);

    /// <summary>A path of the notebook, absolute.</summary>
    public string FullPath(string path) => Path.GetFullPath(Path.Combine(folder, path));

    private static IEnumerable<Type> Parts(Type type) => type.GetGenericArguments().SelectMany(Parts).Concat(type.HasElementType && type.GetElementType() is { } element ? Parts(element) : []).Prepend(type);

    private static IEnumerable<(int Line, string Kind, string Argument)> Directives(string language, string[] lines)
    {
        for (int i = 0; i < lines.Length; i++)
        {
            if (!lines[i].AsSpan().TrimStart().StartsWith("#") || Directive().Match(lines[i]) is not { Success: true } match) continue;
            if (OpenText.IsOpen(language, string.Join('\n', lines[..i]))) continue;
            yield return (i + 1, match.Groups["kind"].Value, match.Groups["argument"].Value);
        }
    }

    // A loaded file's directives count as the cell's, on the line that loads it.
    private void AddLoaded(string language, string path, int line, List<(int Line, string Kind, string Argument)> directives, HashSet<string> seen)
    {
        string full = FullPath(path);
        if (!seen.Add(full)) return;
        if (!File.Exists(full)) throw Wrong(line, $"#load finds no file '{full}'. Paths begin at the notebook's folder.");
        string beside = Path.GetDirectoryName(full) ?? folder;
        foreach ((_, string kind, string argument) in Directives(language, File.ReadAllLines(full)))
        {
            if (kind == "load") AddLoaded(language, Path.Combine(beside, argument), line, directives, seen);
            else directives.Add((line, kind, argument));
        }
    }

    private async Task<IReadOnlyList<string>> ResolvePackagesAsync(List<(int Line, string Kind, string Argument)> directives, CellScope scope)
    {
        (int Line, string Argument, PackageRequest Request)[] asked = [.. directives.Where(d => d.Kind == "r").Select(d => (d.Line, d.Argument, Text: AfterNuGet(d.Argument))).Where(d => d.Text is not null).Select(d => (d.Line, d.Argument, Request(d.Text ?? "", d.Line)))];
        if (asked.Length == 0) return [];
        ResolvedPackages resolved = await packages.ResolveAsync([.. asked.Select(a => a.Request)], asked[0].Line, scope.Cancellation).ConfigureAwait(false);
        foreach (PackageRequest open in asked.Select(a => a.Request).Where(r => !r.IsExact))
            scope.Output.Write(StreamName.Stderr, $"{open.Id}: version {resolved.Versions.GetValueOrDefault(open.Id)} was taken. Write \"nuget: {open.Id}, {resolved.Versions.GetValueOrDefault(open.Id)}\" to get it every time.\n");
        foreach (string native in resolved.Natives) HostAssemblies.AddNative(native);
        string[] paths = [.. resolved.Assemblies.Select(p => Usable(p, asked[0].Line))];
        foreach ((_, string argument, _) in asked) byDirective[argument] = paths;
        return paths;
    }

    private async Task<IReadOnlyList<string>> ResolveAsync(string argument, int line, CancellationToken cancellation)
    {
        string full = FullPath(argument);
        if (argument.EndsWith("proj", StringComparison.OrdinalIgnoreCase))
        {
            if (!File.Exists(full)) throw Wrong(line, $"#r finds no project '{full}'. Paths begin at the notebook's folder.");
            return [.. (await ProjectBuilder.BuildAsync(full, line, cancellation).ConfigureAwait(false)).Select(p => Usable(p, line))];
        }
        if (File.Exists(full))
        {
            // What lies beside it may be needed by it, but is not asked for.
            foreach (string beside in Directory.EnumerateFiles(Path.GetDirectoryName(full) ?? folder, "*.dll").Where(p => p != full && HostAssemblies.Find(Path.GetFileNameWithoutExtension(p)) is null)) HostAssemblies.AddBeside(beside);
            return [Usable(full, line)];
        }
        return HostAssemblies.Find(argument) is { } known ? [known] : throw Wrong(line, $"#r finds no file '{full}', and the kernel has no assembly of that name. Paths begin at the notebook's folder.");
    }

    private static string Usable(string path, int line)
    {
        (string? usable, string? problem) = HostAssemblies.Add(path);
        return usable ?? throw Wrong(line, problem ?? "");
    }

    private static string? AfterNuGet(string argument) => NuGet().Match(argument) is { Success: true } match ? match.Groups["rest"].Value.Trim() : null;

    private static PackageRequest Request(string text, int line)
    {
        string[] words = [.. text.Split(',', 2).Select(w => w.Trim())];
        if (!PackageId().IsMatch(words[0]) || words is [_, ""]) throw Wrong(line, $"'nuget: {text}' is no package. Write \"nuget: Id, Version\" or \"nuget: Id\".");
        return new(words[0], words.Length == 2 && words[1] != "*" ? words[1] : null);
    }

    private static CellException Wrong(int line, string message) => new("PackageError", string.Create(CultureInfo.InvariantCulture, $"Line {line}: {message}"));

    [GeneratedRegex("^\\s*#(?<kind>r|i|load)\\s+@?\"(?<argument>[^\"]*)\"\\s*;*\\s*(//.*)?$")]
    private static partial Regex Directive();

    [GeneratedRegex(@"^\s*nuget\s*:(?<rest>.*)$", RegexOptions.IgnoreCase)]
    private static partial Regex NuGet();

    [GeneratedRegex(@"^[A-Za-z0-9_]+([._-][A-Za-z0-9_]+)*$")]
    private static partial Regex PackageId();
}
