using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Workbench.Notebooks.Jupyter;

/// <summary>Notices that the program which started the kernel is gone, so that no kernel is left behind. Jupyter names it by the variable JPY_PARENT_PID.</summary>
public static class ParentWatch
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Calls back once, from a thread of its own, when the parent has ended; does nothing without a parent (null, empty, 0 or 1).</summary>
    /// <param name="parent">The value of JPY_PARENT_PID: a process id, on Windows a handle of the process.</param>
    /// <param name="gone">What to do then.</param>
    public static void Start(string? parent, Action gone)
    {
        ArgumentNullException.ThrowIfNull(gone);
        if (!long.TryParse(parent, NumberStyles.None, CultureInfo.InvariantCulture, out long id) || id <= 1) return;
        Thread thread = new(() =>
        {
            if (OperatingSystem.IsWindows()) WaitForHandle((nint)id);
            else WaitForProcess(checked((int)id));
            gone();
        })
        { IsBackground = true, Name = "Parent watch" };
        thread.Start();
    }

    private static void WaitForHandle(nint handle)
    {
        using EventWaitHandle wait = new(false, EventResetMode.ManualReset) { SafeWaitHandle = new SafeWaitHandle(handle, ownsHandle: false) };
        wait.WaitOne();
    }

    // A dead parent that nobody has waited for still has its id, but is no longer our parent.
    private static void WaitForProcess(int id)
    {
        bool isDirect = GetParentId() == id;
        while (isDirect ? GetParentId() == id : IsAlive(id)) Thread.Sleep(Interval);
    }

    private static bool IsAlive(int id)
    {
        try
        {
            using Process process = Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

#pragma warning disable SYSLIB1054 // The generated form needs unsafe code; a number without arguments needs no marshalling.
    [DllImport("libc", EntryPoint = "getppid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetParentId();
#pragma warning restore SYSLIB1054
}
