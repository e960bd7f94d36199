using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Workbench.Iommu.Memory;

/// <summary>What the processor may be told ahead of time; nothing depends on whether it listens.</summary>
internal static unsafe class Hints
{
    /// <summary>The line that holds this will be needed soon. Does nothing where .NET has no such instruction (Arm).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // Workloads benchmark, uni64g
    public static void Prefetch(void* address)
    {
        if (Sse.IsSupported) Sse.Prefetch0(address);
    }

    /// <inheritdoc cref="Prefetch(void*)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // Workloads benchmark, uni64g
    public static void Prefetch(ref readonly ulong word) => Prefetch(Unsafe.AsPointer(ref Unsafe.AsRef(in word)));
}
