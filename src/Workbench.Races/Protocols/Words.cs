using Workbench.Races.Model;

namespace Workbench.Races.Protocols;

/// <summary>The words of a statement, taken one by one.</summary>
internal sealed class Words(string protocol, ProtocolLine line, int page, int pages)
{
    private const string RegisterNames = "abcd";
    private static readonly string[] Functions = ["clean", "dirty", "child", "block", "readonly", "writable", "nt", "translating"];
    private readonly List<string> words = Split(line.Text);
    private int at;

    private static List<string> Split(string text)
    {
        List<string> split = [];
        int begin = -1;
        for (int i = 0; i <= text.Length; i++)
        {
            char c = i < text.Length ? text[i] : ' ';
            bool isPart = char.IsLetterOrDigit(c) || c is '-' or '_';
            if (isPart && begin < 0) begin = i;
            if (isPart) continue;
            if (begin >= 0) split.Add(text[begin..i]);
            begin = -1;
            if (!char.IsWhiteSpace(c)) split.Add(c.ToString());
        }
        return split;
    }

    public RaceFormatException Wrong(string problem) => new(protocol, line.Number, $"'{line.Text}': {problem}");

    private string Peek => at < words.Count ? words[at] : "";

    public string Next(string what) => at < words.Count ? words[at++] : throw Wrong($"{what} is missing.");

    public void Expect(string word)
    {
        if (Peek != word) throw Wrong($"'{word}' is missing{(Peek.Length > 0 ? $" before '{Peek}'" : "")}.");
        at++;
    }

    public bool TryTake(string word)
    {
        if (Peek != word) return false;
        at++;
        return true;
    }

    /// <summary>Takes a word that has to be there; always true.</summary>
    public bool Take(string word, string what) => TryTake(word) ? true : throw Wrong($"{what} is missing.");

    public void End()
    {
        if (at < words.Count) throw Wrong($"'{words[at]}' is too much.");
    }

    public bool IsRegister => Peek.Length == 1 && RegisterNames.Contains(Peek, StringComparison.Ordinal);

    public int Register() => IsRegister ? RegisterNames.IndexOf(words[at++], StringComparison.Ordinal) : throw Wrong($"a register (a, b, c or d) is missing{(Peek.Length > 0 ? $" before '{Peek}'" : "")}.");

    /// <summary>block, leaf[0] to leaf[3], leaf[p], guest.</summary>
    public int Place()
    {
        string name = Next("an entry");
        switch (name)
        {
            case "block": return Slots.Block;
            case "guest": return Slots.Guest;
            case "leaf":
                Expect("[");
                int number = Page();
                Expect("]");
                return Slots.Leaf(number);
            default: throw Wrong($"there is no entry '{name}'; there is: block, leaf[0], leaf[p] in a loop, guest.");
        }
    }

    private int Page()
    {
        string name = Next("a page");
        if (name == "p") return page >= 0 ? page : throw Wrong("p stands for a page only in 'for p'.");
        if (!int.TryParse(name, out int number) || number < 0 || number >= RaceState.MostPages) throw Wrong($"'{name}' is no page; there are 0 to {RaceState.MostPages - 1}, and p in 'for p'.");
        if (number >= pages) throw Wrong($"the scene has {pages} page{(pages == 1 ? "" : "s")}; write 'pages {number + 1}' in the head.");
        return number;
    }

    /// <summary>One page or all, as bits.</summary>
    public int Pages() => TryTake("all") ? (1 << pages) - 1 : 1 << Page();

    /// <summary>Nothing, or if dirty(…) or dirty(…).</summary>
    public IReadOnlyList<RaceValue> Conditions()
    {
        List<RaceValue> conditions = [];
        if (!TryTake("if")) return conditions;
        do
        {
            Expect("dirty");
            Expect("(");
            conditions.Add(Value());
            Expect(")");
        }
        while (TryTake("or"));
        return conditions;
    }

    public RaceValue Value()
    {
        if (IsRegister) return RaceValue.Register(Register());
        string name = Next("a value");
        if (name == "none") return new(ValueKind.None, 0, []);
        if (name == "table") return new(ValueKind.Table, 0, []);
        ValueKind kind = name switch
        {
            "clean" => ValueKind.Clean,
            "dirty" => ValueKind.Dirty,
            "child" => ValueKind.Child,
            "block" => ValueKind.Block,
            "readonly" => ValueKind.ReadOnly,
            "writable" => ValueKind.Writable,
            "nt" => ValueKind.NonTranslating,
            "translating" => ValueKind.Translating,
            _ => throw Wrong($"there is no value '{name}'; there is: a register, none, table, {string.Join(", ", Functions.Select(f => f + "(…)"))}."),
        };
        Expect("(");
        List<RaceValue> of = [Value()];
        int number = 0;
        if (kind == ValueKind.Child)
        {
            Expect(",");
            number = Page();
        }
        else if (kind == ValueKind.Block)
            while (TryTake(",")) of.Add(Value());
        Expect(")");
        return new(kind, number, of);
    }
}
