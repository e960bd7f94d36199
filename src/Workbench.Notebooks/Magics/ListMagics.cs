using Workbench.Notebooks.Display;
using Workbench.Notebooks.Languages;

namespace Workbench.Notebooks.Magics;

/// <summary>#!lsmagic</summary>
internal sealed class ListMagics : IMagic
{
    public string Name => "lsmagic";

    public string Help => "list the languages and magics of this session";

    public Task RunAsync(MagicCall call)
    {
        foreach (ILanguage language in call.Session.Languages)
        {
            string aliases = string.Concat(language.Aliases.Select(a => ", #!" + a));
            Line($"{language.Syntax.Usage(language.Name)}{aliases}: {language.Help}");
        }
        foreach (IMagic magic in call.Session.Magics) Line($"{magic.Syntax.Usage(magic.Name)}: {magic.Help}");
        return Task.CompletedTask;

        void Line(string text) => call.Scope.Output.Write(StreamName.Stdout, text + "\n");
    }
}
