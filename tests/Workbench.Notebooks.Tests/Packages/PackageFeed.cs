using System.IO.Compression;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Workbench.Notebooks.Packages;
using Workbench.Notebooks.Tests.Sessions;

namespace Workbench.Notebooks.Tests.Packages;

/// <summary>A folder of packages made by the test, the only source its notebooks know: no network is asked.</summary>
public sealed class PackageFeed : IDisposable
{
    private readonly string root = Path.Combine(Path.GetTempPath(), "feed-" + Guid.NewGuid().ToString("N"));

    public PackageFeed()
    {
        Directory.CreateDirectory(Folder);
        Environment.SetEnvironmentVariable(PackageResolver.CacheVariable, Path.Combine(root, "cache"));
    }

    public string Folder => Path.Combine(root, "packages");

    /// <summary>A notebook beside a nuget.config that names this feed, or no source at all.</summary>
    internal TestNotebook Notebook(bool hasSource = true)
    {
        TestNotebook notebook = new();
        File.WriteAllText(Path.Combine(notebook.Folder, "nuget.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{Path.Combine(root, "installed")}" /></config>
              <packageSources><clear />{(hasSource ? $"<add key=\"feed\" value=\"{Folder}\" />" : "")}</packageSources>
            </configuration>
            """);
        return notebook;
    }

    /// <summary>Compiles an assembly.</summary>
    public static byte[] Compile(string name, string version, string code, params MetadataReference[] references)
    {
        string runtime = Path.GetDirectoryName(typeof(object).Assembly.Location) ?? "";
        IEnumerable<MetadataReference> all = ((string[])["System.Private.CoreLib.dll", "System.Runtime.dll", "System.Runtime.InteropServices.dll"]).Select(f => MetadataReference.CreateFromFile(Path.Combine(runtime, f))).Concat(references);
        CSharpCompilation compilation = CSharpCompilation.Create(name, [CSharpSyntaxTree.ParseText($"[assembly: System.Reflection.AssemblyVersion(\"{version}\")]\n" + code)], all, new(OutputKind.DynamicallyLinkedLibrary));
        using MemoryStream assembly = new();
        var result = compilation.Emit(assembly);
        return result.Success ? assembly.ToArray() : throw new InvalidOperationException(string.Join('\n', result.Diagnostics));
    }

    /// <summary>Puts a package into the feed.</summary>
    public void Add(string id, string version, string dependency, params (string Path, byte[] Content)[] files)
    {
        using ZipArchive package = ZipFile.Open(Path.Combine(Folder, $"{id}.{version}.nupkg"), ZipArchiveMode.Create);
        Write($"{id}.nuspec", System.Text.Encoding.UTF8.GetBytes($"""
            <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata>
              <id>{id}</id><version>{version}</version><authors>test</authors><description>test</description>
              <dependencies><group targetFramework="net10.0">{dependency}</group></dependencies>
            </metadata></package>
            """));
        foreach ((string path, byte[] content) in files) Write(path, content);

        void Write(string path, byte[] content)
        {
            using Stream entry = package.CreateEntry(path).Open();
            entry.Write(content);
        }
    }

    /// <summary>Puts a package of one class with one constant into the feed.</summary>
    public void AddSimple(string id, string version, int answer) =>
        Add(id, version, "", ($"lib/net10.0/{id}.dll", Compile(id, version + ".0", $"namespace {id}; public class Thing {{ public int Answer => {answer}; }}")));

    public void Dispose() => Directory.Delete(root, true);
}
