using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Workbench.Display;

namespace Workbench.Replay.Display;

/// <summary>An experiment: what differs from the defaults first, by the names that an experiment's file uses.</summary>
internal sealed class ExperimentDisplay : IDisplay<Experiment>
{
    private static readonly PropertyInfo[] Settings = SettingsOf(typeof(Experiment));
    private static readonly PropertyInfo[] StepSettings = SettingsOf(typeof(HarvestCosts));

    /// <inheritdoc/>
    public static void Describe(Experiment value, ICard card)
    {
        card.Title("Experiment", value.Iommu);
        DescribeSettings(value, card);
    }

    /// <summary>All but the title.</summary>
    public static void DescribeSettings(Experiment value, ICard card)
    {
        (string Name, string Value, string Default)[] all = [.. Values(value).Zip(Values(new()), (own, usual) => (own.Name, own.Value, usual.Value))];
        Fact[] chosen = [.. all.Where(s => s.Value != s.Default).Select(s => new Fact(s.Name, $"{s.Value} (default {s.Default})"))];
        Fact[] usual = [.. all.Where(s => s.Value == s.Default).Select(s => new Fact(s.Name, s.Value))];
        if (chosen.Length == 0) card.Text("All settings are the defaults.");
        else card.Facts(chosen);
        if (usual.Length > 0) card.Fold($"{Quantity.Count(usual.Length, "setting")} as by default", inner => inner.Facts(usual));
    }

    private static IEnumerable<(string Name, string Value)> Values(Experiment experiment)
    {
        foreach (PropertyInfo setting in Settings)
        {
            string name = NameOf(setting);
            if (setting.PropertyType != typeof(HarvestCosts))
            {
                yield return (name, Show(setting.GetValue(experiment)));
                continue;
            }
            object? costs = setting.GetValue(experiment);
            foreach (PropertyInfo step in StepSettings) yield return ($"{name}.{NameOf(step)}", Show(costs is null ? null : step.GetValue(costs)));
        }
    }

    private static string Show(object? value) => value switch
    {
        null => "none",
        "" => "none",
        bool flag => flag ? "true" : "false",
        Enum word => JsonNamingPolicy.KebabCaseLower.ConvertName(word.ToString()),
        string text => text,
        IEnumerable several => string.Join(", ", several.Cast<object?>().Select(Show)),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static string NameOf(PropertyInfo setting) => JsonNamingPolicy.CamelCase.ConvertName(setting.Name);

    private static PropertyInfo[] SettingsOf(Type type) => [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite && p.CanRead)];
}
