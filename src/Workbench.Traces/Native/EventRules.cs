using System.Globalization;

namespace Workbench.Traces.Native;

/// <summary>Which fields a kind has, and what is wrong with an event that breaks the model.</summary>
internal static class EventRules
{
    private const uint WithIova = 1u << (int)EventKind.Map | 1u << (int)EventKind.Unmap | 1u << (int)EventKind.Read
        | 1u << (int)EventKind.Write | 1u << (int)EventKind.InvalidateRange | 1u << (int)EventKind.Translate;
    private const uint WithDomain = 1u << (int)EventKind.InvalidateRange | 1u << (int)EventKind.InvalidateDomain | 1u << (int)EventKind.Attach;
    private const uint WithTarget = WithDomain | 1u << (int)EventKind.Map | 1u << (int)EventKind.Translate | 1u << (int)EventKind.Mark;

    public static bool IsKnown(EventKind kind) => kind is >= EventKind.Map and <= EventKind.Translate;

    /// <summary>Does the kind name a range (and so an IOVA and a length of at least 1)?</summary>
    public static bool HasIova(EventKind kind) => (WithIova >> (int)kind & 1) != 0;

    /// <summary>Does the kind use the target field?</summary>
    public static bool HasTarget(EventKind kind) => (WithTarget >> (int)kind & 1) != 0;

    /// <summary>Is the target a domain of 16 bits?</summary>
    public static bool HasDomain(EventKind kind) => (WithDomain >> (int)kind & 1) != 0;

    /// <summary>What is wrong with the fields a shape holds, or null.</summary>
    public static string? ShapeProblem(EventKind kind, uint pasid, ulong length)
    {
        if (!IsKnown(kind)) return string.Create(CultureInfo.InvariantCulture, $"kind {(byte)kind}; kinds are 1 (Map) to 10 (Translate)");
        if (pasid is > Iommu.Pasid.MaxValue and not TraceEvent.NoPasid)
            return string.Create(CultureInfo.InvariantCulture, $"PASID {pasid}; a PASID is at most {Iommu.Pasid.MaxValue}, or TraceEvent.NoPasid");
        if (length == 0 && HasIova(kind)) return $"{kind} with length 0; a range needs at least 1 byte";
        return null;
    }

    /// <summary>What is wrong with an IOVA or a target, or null.</summary>
    public static string? FieldProblem(EventKind kind, ulong iova, ulong target)
    {
        if (iova != 0 && !HasIova(kind)) return string.Create(CultureInfo.InvariantCulture, $"{kind} with IOVA 0x{iova:x}; {kind} has no IOVA, leave it 0");
        if (target != 0 && !HasTarget(kind)) return string.Create(CultureInfo.InvariantCulture, $"{kind} with target 0x{target:x}; {kind} has no target, leave it 0");
        if (target > ushort.MaxValue && HasDomain(kind)) return string.Create(CultureInfo.InvariantCulture, $"{kind} of domain {target}; a domain is at most {ushort.MaxValue}");
        return null;
    }
}
