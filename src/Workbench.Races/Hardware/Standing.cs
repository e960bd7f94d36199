namespace Workbench.Races.Hardware;

/// <summary>How well a rule of the hardware is known.</summary>
public enum Standing
{
    /// <summary>Read in the vendor's specification, or the architecture's.</summary>
    Read,
    /// <summary>The specification as others quote it, or what a vendor's engineers wrote in public.</summary>
    Quoted,
    /// <summary>Inferred by us, from what software relies on or from a related architecture.</summary>
    Inferred,
}
