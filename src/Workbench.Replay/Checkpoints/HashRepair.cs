using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Workbench.Replay.Checkpoints;

/// <summary>
/// Dictionaries and hash sets restored field by field keep the order of their entries and of the free places between them, on which the order of enumeration depends; the hash
/// codes are those of another process, or of other objects. This computes them anew and links the entries to their buckets.
/// </summary>
internal static class HashRepair
{
    private interface IRepair
    {
        void Repair(object collection);
    }

    /// <summary>Puts a collection right; does nothing to anything else.</summary>
    public static void Repair(object made)
    {
        Type type = made.GetType();
        bool isSet = StateTypes.IsOf(type, typeof(HashSet<>));
        if (!isSet && !StateTypes.IsOf(type, typeof(Dictionary<,>))) return;
        Type[] arguments = type.GetGenericArguments();
        Type repair = isSet ? typeof(OfSet<>).MakeGenericType(arguments) : typeof(OfDictionary<,>).MakeGenericType(arguments);
        ((IRepair)RuntimeHelpers.GetUninitializedObject(repair)).Repair(made);
    }

    private static Span<TEntry> Entries<TEntry>(object collection, out int[] buckets, out int count)
    {
        Type type = collection.GetType();
        buckets = Field<int[]>(type, "_buckets", collection) ?? [];
        count = Field<int>(type, "_count", collection);
        if (Field<Array>(type, "_entries", collection) is not { } entries) return [];
        Type element = entries.GetType().GetElementType() ?? typeof(object);
        // The runtime's entry is private; ours must be laid out like it.
        Type[] theirs = [.. StateTypes.FieldsOf(element).Select(f => f.FieldType)], ours = [.. StateTypes.FieldsOf(typeof(TEntry)).Select(f => f.FieldType)];
        if (!theirs.AsSpan().SequenceEqual(ours) || RuntimeHelpers.SizeOf(element.TypeHandle) != Unsafe.SizeOf<TEntry>()) throw Foreign(type);
        return MemoryMarshal.CreateSpan(ref Unsafe.As<byte, TEntry>(ref MemoryMarshal.GetArrayDataReference(entries)), entries.Length);
    }

    private static T? Field<T>(Type type, string name, object collection) =>
        type.GetField(name, BindingFlags.Instance | BindingFlags.NonPublic) is { } field && field.FieldType.IsAssignableTo(typeof(T)) ? (T?)field.GetValue(collection) : throw Foreign(type);

    private static PlatformNotSupportedException Foreign(Type type) => new($"This runtime keeps the entries of {type.Name} in another way than .NET 10 does; resume the checkpoint with .NET 10.");

    private static void Link(int[] buckets, int entry, uint hash, ref int next)
    {
        ref int bucket = ref buckets[hash % (uint)buckets.Length];
        next = bucket - 1;
        bucket = entry + 1;
    }

    private sealed class OfDictionary<TKey, TValue> : IRepair
        where TKey : notnull
    {
        // Never written by name: laid over the runtime's.
#pragma warning disable CS0649, IDE0044
        private struct Entry
        {
            public uint Hash;
            public int Next;
            public TKey Key;
            public TValue Value;
        }
#pragma warning restore CS0649, IDE0044

        public void Repair(object collection)
        {
            Span<Entry> entries = Entries<Entry>(collection, out int[] buckets, out int count);
            Array.Clear(buckets);
            for (int i = 0; i < count; i++)
            {
                ref Entry entry = ref entries[i];
                // A free place: what it holds instead of a successor leads to the next free one.
                if (entry.Next < -1) continue;
                entry.Hash = unchecked((uint)EqualityComparer<TKey>.Default.GetHashCode(entry.Key));
                Link(buckets, i, entry.Hash, ref entry.Next);
            }
        }
    }

    private sealed class OfSet<T> : IRepair
        where T : notnull
    {
#pragma warning disable CS0649, IDE0044 // as above
        private struct Entry
        {
            public int Hash;
            public int Next;
            public T Value;
        }
#pragma warning restore CS0649, IDE0044

        public void Repair(object collection)
        {
            Span<Entry> entries = Entries<Entry>(collection, out int[] buckets, out int count);
            Array.Clear(buckets);
            for (int i = 0; i < count; i++)
            {
                ref Entry entry = ref entries[i];
                if (entry.Next < -1) continue;
                entry.Hash = EqualityComparer<T>.Default.GetHashCode(entry.Value);
                Link(buckets, i, unchecked((uint)entry.Hash), ref entry.Next);
            }
        }
    }
}
