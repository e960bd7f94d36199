using System.Text.Json;
using Workbench.Notebooks.Languages;

namespace Workbench.Notebooks.Magics;

/// <summary>#!set</summary>
internal sealed class SetMagic : IMagic
{
    public string Name => "set";

    public string Help => "give a variable a value: @language:name, @input:prompt, @password:prompt, or a JSON value or text";

    public MagicSyntax Syntax { get; } = new(null, false, new MagicOption("--name", "name", true), new MagicOption("--value", "value", true), new MagicOption("--mime-type", "MIME type"));

    public Task RunAsync(MagicCall call)
    {
        Variable value = Value(call, call.Arguments.Required("--value"));
        value = SharedValue.As(value, call.Arguments["--mime-type"]);
        return call.Target.SetAsync(call.Arguments.Required("--name"), value.Value, value.Type);
    }

    private static Variable Value(MagicCall call, string text)
    {
        if (SharedValue.Reference(text) is not { } source) return Literal(text);
        if (source.Language is not ("input" or "password")) return SharedValue.Find(call, source.Language, source.Name);
        return Text(call.Scope.Output.ReadLine(source.Name, source.Language == "password", call.Scope.Cancellation));
    }

    // JSON where it is JSON, text otherwise: --value 5, --value true, --value "some words".
    private static Variable Literal(string text)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            JsonElement value = json.RootElement.Clone();
            return value.ValueKind switch
            {
                JsonValueKind.True or JsonValueKind.False => new("", typeof(bool), value.GetBoolean()),
                JsonValueKind.Number when value.TryGetInt32(out int small) => new("", typeof(int), small),
                JsonValueKind.Number when value.TryGetInt64(out long large) => new("", typeof(long), large),
                JsonValueKind.Number => new("", typeof(double), value.GetDouble()),
                JsonValueKind.String => Text(value.GetString() ?? ""),
                JsonValueKind.Null => new("", typeof(object), null),
                _ => new("", typeof(JsonElement), value),
            };
        }
        catch (JsonException)
        {
            return Text(text);
        }
    }

    private static Variable Text(string text) => new("", typeof(string), text);
}
