namespace Workbench.Notebooks.Magics;

/// <summary>A type as people write it: List&lt;Int32&gt;, not List`1.</summary>
internal static class TypeName
{
    /// <summary>The short name with type arguments.</summary>
    public static string Of(Type type)
    {
        if (type.IsArray && type.GetElementType() is { } element) return Of(element) + "[]";
        string name = type.Name.Split('`')[0];
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(Of))}>" : name;
    }
}
