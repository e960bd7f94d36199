namespace Workbench.Races.Model;

/// <summary>Fields of a word by position and width in bits; one explored state is a few such words.</summary>
internal static class Fields
{
    extension(ulong word)
    {
        /// <summary>The field of <paramref name="width"/> bits whose lowest is <paramref name="low"/>.</summary>
        public int Get(int low, int width) => unchecked((int)((word >> low) & ((1UL << width) - 1)));

        /// <summary>The word with that field replaced.</summary>
        public ulong With(int low, int width, int value) => unchecked((word & ~(((1UL << width) - 1) << low)) | ((ulong)(uint)value << low));
    }
}
