namespace Workbench.Display;

/// <summary>What a value says of itself, whatever it is written on. Never throws, whatever the value.</summary>
internal interface IDisplay<in TValue>
{
    /// <summary>Writes the value's facts, the most important first.</summary>
    static abstract void Describe(TValue value, ICard card);
}
