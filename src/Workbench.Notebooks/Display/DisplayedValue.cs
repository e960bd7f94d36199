using Workbench.Notebooks.Formatters;

namespace Workbench.Notebooks.Display;

/// <summary>A value on show that can be replaced.</summary>
public sealed class DisplayedValue
{
    private readonly ICellOutput output;

    internal DisplayedValue(ICellOutput output, string id) => (this.output, Id) = (output, id);

    /// <summary>The display id, unique within the session.</summary>
    public string Id { get; }

    /// <summary>Shows another value in its place.</summary>
    public void Update(object? value) => output.Update(ValueFormatter.Format(value), Id);
}
