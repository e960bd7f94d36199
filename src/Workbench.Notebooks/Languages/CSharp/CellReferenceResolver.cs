using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Workbench.Notebooks.Packages;

namespace Workbench.Notebooks.Languages.CSharp;

/// <summary>Answers #r in loaded files with what was resolved before compiling, and missing dependencies with the host's assemblies.</summary>
internal sealed class CellReferenceResolver(CellReferences references, Func<string, PortableExecutableReference> open) : MetadataReferenceResolver
{
    public override bool ResolveMissingAssemblies => true;

    public override ImmutableArray<PortableExecutableReference> ResolveReference(string reference, string? baseFilePath, MetadataReferenceProperties properties)
    {
        string besideFile = Path.Combine(Path.GetDirectoryName(baseFilePath) ?? "", reference);
        IReadOnlyList<string> paths = references.Of(reference);
        if (paths.Count == 0 && File.Exists(besideFile)) paths = [besideFile];
        return [.. paths.Select(open)];
    }

    public override PortableExecutableReference? ResolveMissingAssembly(MetadataReference definition, AssemblyIdentity referenceIdentity) =>
        HostAssemblies.Find(referenceIdentity.Name) is { } path ? open(path) : null;

    public override bool Equals(object? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
