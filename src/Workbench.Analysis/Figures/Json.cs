using Dyn = DynamicObj.DynamicObj;

namespace Workbench.Analysis.Figures;

/// <summary>Pieces of a figure: objects whose members keep their order.</summary>
internal static class Json
{
    /// <summary>An object of named members; what is null is left out.</summary>
    public static Dyn Of(params ReadOnlySpan<(string Name, object? Value)> members)
    {
        Dyn made = new();
        foreach ((string name, object? value) in members)
            if (value is not null) made.SetProperty(name, value);
        return made;
    }
}
