using System.Runtime.InteropServices;
using Microsoft.CodeAnalysis;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Languages;
using Workbench.Notebooks.Sessions;
using Workbench.Notebooks.Tests.Sessions;
using Xunit;

namespace Workbench.Notebooks.Tests.Packages;

// Not beside others that move the cache of packages, which the process has one of.
[Collection(nameof(PackageTests))]
public sealed class PackageTests(PackageFeed feed) : IClassFixture<PackageFeed>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_package_and_what_it_depends_on_are_one_type_in_CSharp_and_FSharp()
    {
        byte[] below = PackageFeed.Compile("Below", "1.0.0.0", "namespace Below; public class Thing { public int Answer => 42; }");
        feed.Add("Below", "1.0.0", "", ("lib/net10.0/Below.dll", below));
        feed.Add("Above", "2.0.0", "<dependency id=\"Below\" version=\"1.0.0\" />", ("lib/net10.0/Above.dll",
            PackageFeed.Compile("Above", "2.0.0.0", "namespace Above; public static class Maker { public static Below.Thing Make() => new(); }", MetadataReference.CreateFromImage(below))));
        using TestNotebook notebook = feed.Notebook();
        await notebook.Value("var before = 1;");
        Assert.Equal("43", await notebook.Value("// a comment\n#r \"nuget: Above, 2.0.0\"\nusing Below;\nThing thing = Above.Maker.Make();\nthing.Answer + before"));
        ICodeAssistant assistant = (ICodeAssistant)(notebook.Session.Find("csharp") ?? throw new InvalidOperationException());
        Assert.Contains((await assistant.CompleteAsync("Above.Maker.Make().An", 21, Token)).Items, i => i.Text == "Answer");
        Assert.Equal("84", await notebook.Value("#!fsharp\n#r \"nuget: Above, 2.0.0\"\n#!share thing --from csharp\nthing.Answer + (Above.Maker.Make() : Below.Thing).Answer"));
        Assert.Equal("", notebook.Output.Text(StreamName.Stderr));
    }

    [Fact]
    public async Task A_version_that_is_not_there_is_refused_with_the_one_that_is()
    {
        feed.AddSimple("Upward", "1.1.0", 1);
        using TestNotebook notebook = feed.Notebook();
        CellError error = await notebook.Error("\n#r \"nuget: Upward, 1.0.5\"");
        Assert.Equal("PackageError", error.Name);
        Assert.StartsWith("Line 2: Upward 1.0.5 was not taken, 1.1.0 would be", error.Message, StringComparison.Ordinal);
        Assert.Equal("1", await notebook.Value("#r \"nuget: Upward, 1.1.0\"\nnew Upward.Thing().Answer"));
    }

    [Fact]
    public async Task A_package_that_is_not_there_is_named()
    {
        using TestNotebook notebook = feed.Notebook();
        CellError error = await notebook.Error("#r \"nuget: No.Such.Package, 1.0.0\"");
        Assert.StartsWith("Line 1: the packages No.Such.Package 1.0.0 could not be restored.", error.Message, StringComparison.Ordinal);
        Assert.Contains("NU1101", string.Join('\n', error.Traceback), StringComparison.Ordinal);
        error = await notebook.Error("#r \"nuget: \"");
        Assert.StartsWith("Line 1: 'nuget: ' is no package.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_version_the_newest_is_taken_and_named()
    {
        feed.AddSimple("Newest", "1.0.0", 1);
        feed.AddSimple("Newest", "1.2.0", 2);
        using TestNotebook notebook = feed.Notebook();
        Assert.Equal("2", await notebook.Value("#r \"nuget:Newest\"\nnew Newest.Thing().Answer"));
        Assert.Contains("Newest: version 1.2.0 was taken.", notebook.Output.Text(StreamName.Stderr), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kept_answer_needs_no_source_and_another_version_a_new_kernel()
    {
        feed.AddSimple("Kept", "1.0.0", 1);
        feed.AddSimple("Kept", "2.0.0", 2);
        using TestNotebook notebook = feed.Notebook();
        await notebook.Value("#r \"nuget: Kept, 1.0.0\"");
        CellError error = await notebook.Error("#r \"nuget: Kept, 2.0.0\"");
        Assert.Contains("uses Kept 1.0.0 already", error.Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(feed.Folder, "Kept.1.0.0.nupkg"));
        using NotebookSession again = new(new() { Folder = notebook.Folder });
        CellOutcome outcome = await again.RunAsync("#r \"nuget: Kept, 1.0.0\"\nnew Kept.Thing().Answer", "csharp", notebook.Output, Token);
        Assert.Equal("1", outcome.Result?.TextOf(MimeBundle.PlainText));
    }

    [Fact]
    public async Task A_folder_can_be_added_as_a_source()
    {
        feed.AddSimple("Sourced", "1.0.0", 6);
        using TestNotebook notebook = feed.Notebook(hasSource: false);
        CellError error = await notebook.Error("#i \"nuget: nowhere\"");
        Assert.StartsWith("Line 1: the package source ", error.Message, StringComparison.Ordinal);
        Assert.Equal("6", await notebook.Value($"#i \"nuget: {feed.Folder}\"\n#r \"nuget: Sourced, 1.0.0\"\nnew Sourced.Thing().Answer"));
    }

    [Fact]
    public async Task Native_libraries_of_a_package_load()
    {
        string runtime = Path.GetDirectoryName(typeof(object).Assembly.Location) ?? "";
        string library = Directory.EnumerateFiles(runtime, "*System.IO.Compression.Native.*").First(f => Path.GetExtension(f) is ".so" or ".dll" or ".dylib");
        string file = (OperatingSystem.IsWindows() ? "" : "lib") + "carriednative" + Path.GetExtension(library);
        byte[] managed = PackageFeed.Compile("Carrier", "1.0.0.0", """
            public static class Carrier
            {
                [System.Runtime.InteropServices.DllImport("carriednative")] private static extern uint CompressionNative_Crc32(uint crc, byte[] buffer, int length);
                public static uint Crc(byte[] bytes) => CompressionNative_Crc32(0, bytes, bytes.Length);
            }
            """);
        feed.Add("Carrier", "1.0.0", "", ("lib/net10.0/Carrier.dll", managed), ($"runtimes/{RuntimeInformation.RuntimeIdentifier}/native/{file}", await File.ReadAllBytesAsync(library, Token)));
        using TestNotebook notebook = feed.Notebook();
        Assert.Equal("CBF43926", await notebook.Value("#r \"nuget: Carrier, 1.0.0\"\nCarrier.Crc(\"123456789\"u8.ToArray()).ToString(\"X8\")"));
    }

    [Fact]
    public async Task What_the_kernel_ships_is_used_from_the_kernel_unless_newer_is_asked_for()
    {
        feed.Add("Older", "1.0.0", "", ("lib/net10.0/Markdig.dll", PackageFeed.Compile("Markdig", "0.1.0.0", "public class Fake { }")));
        feed.Add("Newer", "1.0.0", "", ("lib/net10.0/Markdig.dll", PackageFeed.Compile("Markdig", "99.0.0.0", "public class Fake { }")));
        using TestNotebook notebook = feed.Notebook();
        Assert.Equal(typeof(Markdig.Markdown).Assembly.Location, await notebook.Value("#r \"nuget: Older, 1.0.0\"\ntypeof(Markdig.Markdown).Assembly.Location"));
        using TestNotebook other = feed.Notebook();
        CellError error = await other.Error("#r \"nuget: Newer, 1.0.0\"");
        Assert.Contains("Markdig 99.0.0.0, and the kernel itself has", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_and_a_project_can_be_referred_to()
    {
        using TestNotebook notebook = feed.Notebook();
        await File.WriteAllBytesAsync(Path.Combine(notebook.Folder, "Plain.dll"), PackageFeed.Compile("Plain", "1.0.0.0", "public static class Plain { public static int N => 3; }"), Token);
        Assert.Equal("3", await notebook.Value("#r \"Plain.dll\"\nPlain.N"));
        Directory.CreateDirectory(Path.Combine(notebook.Folder, "lib"));
        await File.WriteAllTextAsync(Path.Combine(notebook.Folder, "lib", "Built.csproj"), "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>", Token);
        await File.WriteAllTextAsync(Path.Combine(notebook.Folder, "lib", "Built.cs"), "public static class Built { public static int N => 4; }", Token);
        Assert.Equal("4", await notebook.Value("#r \"lib/Built.csproj\"\nBuilt.N"));
        await File.WriteAllTextAsync(Path.Combine(notebook.Folder, "lib", "Built.cs"), "public static class Built { public static int N => nope; }", Token);
        using NotebookSession other = new(new() { Folder = notebook.Folder });
        CellOutcome outcome = await other.RunAsync("\n#r \"lib/Built.csproj\"", "csharp", notebook.Output, Token);
        Assert.StartsWith("Line 2: ", outcome.Error?.Message, StringComparison.Ordinal);
        Assert.Contains("CS0103", string.Join('\n', outcome.Error?.Traceback ?? []), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Packages_named_in_a_loaded_file_are_restored()
    {
        feed.AddSimple("Loaded", "1.0.0", 8);
        using TestNotebook notebook = feed.Notebook();
        await File.WriteAllTextAsync(Path.Combine(notebook.Folder, "helper.csx"), "#r \"nuget: Loaded, 1.0.0\"\nint Answer() => new Loaded.Thing().Answer;", Token);
        Assert.Equal("8", await notebook.Value("#load \"helper.csx\"\nAnswer()"));
    }

    [Fact]
    public async Task A_restore_is_interrupted()
    {
        using TestNotebook notebook = feed.Notebook();
        using CancellationTokenSource interrupt = new();
        Task<CellOutcome> cell = notebook.Session.RunAsync("#r \"nuget: Interrupted.Package, 1.0.0\"", "csharp", notebook.Output, interrupt.Token);
        await Task.Delay(200, Token);
        await interrupt.CancelAsync();
        Assert.Equal(CellStatus.Interrupted, (await cell).Status);
    }
}
