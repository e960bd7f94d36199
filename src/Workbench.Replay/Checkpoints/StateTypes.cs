using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using Workbench.Iommu;
using Workbench.Iommu.Memory;
using Workbench.Traces;

namespace Workbench.Replay.Checkpoints;

/// <summary>
/// Which types the image of a replay may hold, and by which rule each goes in and out. All types of this project are walked field by field, of the runtime's only those named
/// here. A type is written as a place in the metadata of these assemblies, so a file can name nothing else.
/// </summary>
internal static class StateTypes
{
    private static readonly Module[] Own = [typeof(IIommu).Module, typeof(TraceEvent).Module, typeof(Replayer).Module];

    // Walked field by field like our own. Dictionaries and hash sets are given new hash codes afterwards: those differ between processes.
    private static readonly Type[] Known =
    [
        typeof(List<>), typeof(List<>.Enumerator), typeof(Queue<>), typeof(Queue<>.Enumerator), typeof(Stack<>), typeof(PriorityQueue<,>), typeof(Dictionary<,>), typeof(Dictionary<,>.KeyCollection), typeof(Dictionary<,>.ValueCollection), EntryOf(typeof(Dictionary<,>)), typeof(HashSet<>), EntryOf(typeof(HashSet<>)),
        typeof(SortedDictionary<,>), typeof(SortedSet<>), typeof(KeyValuePair<,>), typeof(Nullable<>), typeof(ImmutableArray<>),
        typeof(ValueTuple<>), typeof(ValueTuple<,>), typeof(ValueTuple<,,>), typeof(ValueTuple<,,,>), typeof(ValueTuple<,,,,>), typeof(ValueTuple<,,,,,>), typeof(ValueTuple<,,,,,,>),
        typeof(Action), typeof(Action<>), typeof(Action<,>), typeof(Action<,,>), typeof(Action<,,,>), typeof(Func<>), typeof(Func<,>), typeof(Func<,,>), typeof(Func<,,,>),
        typeof(string), typeof(bool), typeof(byte), typeof(sbyte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long), typeof(ulong), typeof(char), typeof(float), typeof(double), typeof(nint), typeof(Int128), typeof(UInt128), typeof(object),
        // Interfaces that stand between the brackets of what is above.
        typeof(IReadOnlyList<>), typeof(IEnumerable<>), typeof(IEnumerator<>), typeof(CancellationToken),
    ];

    // What reflection found out, once for each type.
    private static readonly Dictionary<Type, StateRule?> Rules = [];
    private static readonly Dictionary<Type, FieldInfo[]> Fields = [];
    private static readonly Dictionary<Type, bool> Plain = [];

    /// <summary>What a file must have been written by: the exact build of every assembly whose types are walked.</summary>
    public static string BuildId { get; } = string.Join(' ', Own.Append(typeof(object).Module).Append(typeof(PriorityQueue<,>).Module).Append(typeof(SortedDictionary<,>).Module).Distinct().Select(m => m.ModuleVersionId.ToString("N")));

    /// <summary>The rule of a type of objects; null: there is none.</summary>
    public static StateRule? RuleOf(Type type)
    {
        lock (Rules)
        {
            if (!Rules.TryGetValue(type, out StateRule? rule)) Rules[type] = rule = FindRule(type);
            return rule;
        }
    }

    private static StateRule? FindRule(Type type)
    {
        if (!CanBeNamed(type)) return null;
        if (type == typeof(string)) return StateRule.Text;
        if (type == typeof(PhysicalMemory)) return StateRule.Memory;
        if (type.IsArray) return StateRule.Array;
        if (!IsKnown(type)) return StateRule.DefaultComparer;
        if (type.IsSubclassOf(typeof(Delegate))) return StateRule.Delegate;
        if (IsOf(type, typeof(SortedDictionary<,>)) || IsOf(type, typeof(SortedSet<>))) return StateRule.Sorted;
        return StateRule.Fields;
    }

    /// <summary>Is it one of ours, or one of the runtime's that have a rule?</summary>
    public static bool IsKnown(Type type) => IsOwn(type.Module) || Array.IndexOf(Known, Definition(type)) >= 0;

    private static bool CanBeNamed(Type type) =>
        type.IsArray ? type.GetElementType() is { } element && CanBeNamed(element) : (IsKnown(type) || IsDefaultComparer(type)) && Array.TrueForAll(type.GetGenericArguments(), CanBeNamed);

    public static bool IsOf(Type type, Type definition) => type.IsGenericType && type.GetGenericTypeDefinition() == definition;

    /// <summary>All instance fields, those of base types too, in the order of their declaration.</summary>
    public static FieldInfo[] FieldsOf(Type type)
    {
        lock (Fields)
        {
            if (Fields.TryGetValue(type, out FieldInfo[]? known)) return known;
            List<FieldInfo> fields = [];
            for (Type? at = type; at is not null && at != typeof(object) && at != typeof(ValueType); at = at.BaseType)
                fields.AddRange(at.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly).OrderBy(f => f.MetadataToken));
            return Fields[type] = [.. fields];
        }
    }

    /// <summary>Is a value of the type the same in every process, so that arrays of it are copied as bytes? Not if it holds references or addresses.</summary>
    public static bool IsPlain(Type type)
    {
        if (!type.IsValueType || type == typeof(nint) || type == typeof(nuint) || type == typeof(CancellationToken)) return false;
        if (type.IsPrimitive || type.IsEnum) return true;
        lock (Fields)
        {
            if (!Plain.TryGetValue(type, out bool plain)) Plain[type] = plain = IsKnown(type) && Array.TrueForAll(FieldsOf(type), f => IsPlain(f.FieldType));
            return plain;
        }
    }

    public static void Write(BinaryWriter writer, Type type)
    {
        if (type.IsArray)
        {
            writer.Write((byte)255);
            writer.Write((byte)type.GetArrayRank());
            Write(writer, type.GetElementType() ?? typeof(object));
            return;
        }
        Type definition = Definition(type);
        int known = Array.IndexOf(Known, definition);
        if (known >= 0) writer.Write((byte)known);
        else if (IsDefaultComparer(type)) writer.Write((byte)254);
        else
        {
            writer.Write((byte)(253 - Array.IndexOf(Own, type.Module)));
            writer.Write(definition.MetadataToken);
        }
        foreach (Type argument in type.GetGenericArguments()) Write(writer, argument);
    }

    public static Type Read(BinaryReader reader)
    {
        byte place = reader.ReadByte();
        if (place == 255)
        {
            int rank = reader.ReadByte();
            return rank == 1 ? Read(reader).MakeArrayType() : Read(reader).MakeArrayType(rank);
        }
        if (place == 254) return DefaultComparerOf(Read(reader)).GetType();
        Type definition = place > 253 - Own.Length ? Own[253 - place].ResolveType(reader.ReadInt32()) : place < Known.Length ? Known[place] : throw new InvalidDataException($"there is no type {place}");
        if (!definition.IsGenericTypeDefinition) return definition;
        return definition.MakeGenericType([.. definition.GetGenericArguments().Select(_ => Read(reader))]);
    }

    /// <summary>Is it the module of one of the project's assemblies?</summary>
    public static bool IsOwn(Module module) => Array.IndexOf(Own, module) >= 0;

    /// <summary>A method of a type of ours, by its place in the metadata.</summary>
    public static MethodInfo MethodOf(Type declaring, int token)
    {
        if (!IsOwn(declaring.Module)) throw new InvalidDataException($"{declaring} is none of the project's types");
        MethodBase method = declaring.Module.ResolveMethod(token, declaring.GetGenericArguments(), null) ?? throw new InvalidDataException($"{declaring} has no method {token}");
        return MethodBase.GetMethodFromHandle(method.MethodHandle, declaring.TypeHandle) as MethodInfo ?? throw new InvalidDataException($"{declaring} has no method {token}");
    }

    /// <summary>The runtime's own comparer of a type of keys.</summary>
    public static IEqualityComparer DefaultComparerOf(Type key) =>
        (IEqualityComparer)(typeof(EqualityComparer<>).MakeGenericType(key).GetProperty(nameof(EqualityComparer<>.Default))?.GetValue(null) ?? throw new InvalidDataException($"{key} has no comparer"));

    /// <summary>Is a sorted collection in its keys' own order?</summary>
    public static bool IsSortedAsUsual(object sorted)
    {
        Type type = sorted.GetType();
        object? usual = typeof(Comparer<>).MakeGenericType(type.GetGenericArguments()[0]).GetProperty(nameof(Comparer<>.Default))?.GetValue(null);
        return Equals(type.GetProperty(nameof(SortedSet<>.Comparer))?.GetValue(sorted), usual);
    }

    private static bool IsDefaultComparer(Type type) =>
        type.BaseType is { } comparer && IsOf(comparer, typeof(EqualityComparer<>)) && type.GetGenericArguments() is [{ } key] && DefaultComparerOf(key).GetType() == type;

    private static Type Definition(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;

    private static Type EntryOf(Type collection) => collection.GetNestedType("Entry", BindingFlags.NonPublic) ?? throw new PlatformNotSupportedException($"{collection} of this runtime has no entries; checkpoints need a runtime they were made for, .NET 10.");
}

/// <summary>How an object goes in and out.</summary>
internal enum StateRule
{
    /// <summary>Field by field.</summary>
    Fields,
    /// <summary>Its characters.</summary>
    Text,
    /// <summary>Element by element, or as bytes.</summary>
    Array,
    /// <summary>Target and method.</summary>
    Delegate,
    /// <summary>What it holds, in order; built anew.</summary>
    Sorted,
    /// <summary>The one the runtime has.</summary>
    DefaultComparer,
    /// <summary>By its own methods; comes before everything else, so that pointers into it can be restored.</summary>
    Memory,
}
