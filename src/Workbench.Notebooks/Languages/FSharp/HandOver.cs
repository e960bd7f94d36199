using System.ComponentModel;

namespace Workbench.Notebooks.Languages.FSharp;

/// <summary>How a value of another language gets into an F# declaration that names its type. For generated code only.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class HandOver
{
    [ThreadStatic]
    private static object? value;

    /// <summary>The value put there last on this thread.</summary>
    public static object? Take()
    {
        object? taken = value;
        value = null;
        return taken;
    }

    internal static void Put(object? given) => value = given;
}
