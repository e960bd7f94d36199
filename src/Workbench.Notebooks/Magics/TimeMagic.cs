using System.Diagnostics;
using System.Globalization;
using Workbench.Notebooks.Display;

namespace Workbench.Notebooks.Magics;

/// <summary>#!time</summary>
internal sealed class TimeMagic : IMagic
{
    public string Name => "time";

    public string Help => "show how long the rest of the cell takes";

    public Task RunAsync(MagicCall call)
    {
        long begin = Stopwatch.GetTimestamp();
        call.AtEnd.Add(() =>
        {
            string text = string.Create(CultureInfo.InvariantCulture, $"Wall time: {Stopwatch.GetElapsedTime(begin).TotalMilliseconds:0.0} ms");
            call.Scope.Output.Display(MimeBundle.Text(text), null);
        });
        return Task.CompletedTask;
    }
}
