using System.Text.RegularExpressions;
using Workbench.Testing;
using Xunit;

namespace Workbench.Architecture.Tests;

public sealed partial class ReadmeTests
{
    [Fact]
    public void Every_relative_link_of_the_documents_leads_somewhere()
    {
        foreach (string document in Directory.EnumerateFiles(Repository.Root, "*.md").Concat(Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md")))
        {
            foreach (Match link in Link().Matches(File.ReadAllText(document)))
            {
                string target = link.Groups[1].Value.Split('#')[0];
                if (target.Length == 0 || target.Contains("://", StringComparison.Ordinal)) continue;
                Assert.True(Path.Exists(Path.Combine(Path.GetDirectoryName(document)!, target)), $"{Path.GetFileName(document)} links to {target}, which does not exist.");
            }
        }
    }

    [Fact]
    public void The_tree_in_the_readme_names_what_is_there()
    {
        string readme = File.ReadAllText(Repository.PathOf("README.md"));
        foreach (string folder in Directory.GetDirectories(Repository.PathOf("src")).Concat(Directory.GetDirectories(Repository.PathOf("tests"), "Workbench.*")))
            Assert.Contains(Path.GetFileName(folder), readme, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_command_of_the_readme_is_run_by_continuous_integration()
    {
        string script = File.ReadAllText(Repository.PathOf(".ci", "run"));
        Assert.Contains("readme-commands", script, StringComparison.Ordinal);
        Assert.NotEmpty(Commands(File.ReadAllText(Repository.PathOf("README.md"))));
    }

    private static IEnumerable<string> Commands(string readme) => Block().Matches(readme).SelectMany(m => m.Groups[1].Value.Split('\n')).Where(l => l.StartsWith("dotnet ", StringComparison.Ordinal));

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
