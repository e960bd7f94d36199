using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Workbench.Iommu.Memory;

/// <summary>What the processor may be told ahead of time; nothing depends on whether it listens.</summary>
internal static unsafe partial class Hints
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

    /// <summary>The system may back this aligned range by one large page (Linux), so that the processor finds all of it by one address translation.</summary>
    public static void UseLargePage(void* start, nuint bytes)
    {
        // MADV_HUGEPAGE of <sys/mman.h>.
        if (OperatingSystem.IsLinux()) _ = Advise(start, bytes, 14);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* start, nuint bytes, int advice);
}
