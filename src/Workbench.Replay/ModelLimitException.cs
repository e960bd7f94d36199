namespace Workbench.Replay;

/// <summary>Trace and experiment are sound, but this model cannot do what they ask; another one may.</summary>
public sealed class ModelLimitException : NotSupportedException
{
    /// <summary>Says what the model lacks and what would do.</summary>
    public ModelLimitException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
