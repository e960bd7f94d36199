namespace Workbench.Notebooks.Pictures;

/// <summary>How an axis turns data into coordinates.</summary>
internal enum AxisKind
{
    /// <summary>The number itself.</summary>
    Linear,

    /// <summary>The decimal logarithm; a value of zero or less has no place.</summary>
    Log,

    /// <summary>Milliseconds since 1970-01-01.</summary>
    Date,

    /// <summary>The index of the name among the axis's names.</summary>
    Category,
}
