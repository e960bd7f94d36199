namespace Workbench.Races.Model;

/// <summary>The words that entries take in one search, numbered as they are met: few enough for a byte. Number 0 is the entry that is not present.</summary>
internal sealed class WordPool
{
    private readonly ulong[] words = new ulong[256];
    private int count = 1;

    public ulong this[int number] => words[number];

    public int NumberOf(ulong word)
    {
        int known = words.AsSpan(0, count).IndexOf(word);
        if (known >= 0) return known;
        if (count == words.Length) throw new NotSupportedException("The programs make more than 255 different entries; explore fewer pages or a shorter program.");
        words[count] = word;
        return count++;
    }
}
