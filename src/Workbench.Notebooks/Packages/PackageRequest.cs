namespace Workbench.Notebooks.Packages;

/// <summary>A NuGet package asked for by #r "nuget: id, version".</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">A version, a range or a floating version; null for the newest stable one.</param>
internal sealed record PackageRequest(string Id, string? Version)
{
    /// <summary>Does it name one version, which must then be the one taken?</summary>
    public bool IsExact => Version is not null && !Version.AsSpan().ContainsAny('*', '[', '(');
}

/// <summary>What packages brought, their dependencies included.</summary>
/// <param name="Versions">The version taken of each package asked for, by id.</param>
/// <param name="Assemblies">Paths of managed assemblies.</param>
/// <param name="Natives">Paths of native libraries for this machine.</param>
internal sealed record ResolvedPackages(IReadOnlyDictionary<string, string> Versions, IReadOnlyList<string> Assemblies, IReadOnlyList<string> Natives);
