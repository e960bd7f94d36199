namespace Workbench.Analysis.Formats;

/// <summary>Does something with a column of a type that is known at run time only.</summary>
/// <typeparam name="TResult">What comes of it.</typeparam>
internal interface IColumnVisitor<out TResult>
{
    /// <summary>The column holds numbers or booleans.</summary>
    TResult Values<T>() where T : unmanaged, IParsable<T>, IEquatable<T>;

    /// <summary>The column holds text.</summary>
    TResult Texts();
}
