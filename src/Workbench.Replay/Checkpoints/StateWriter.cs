using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Workbench.Iommu.Memory;

namespace Workbench.Replay.Checkpoints;

/// <summary>
/// Writes an object and all it refers to, as one image: every field of every object, so that none can be forgotten. What has no rule
/// (<see cref="StateTypes"/>) is refused with the way that leads to it.
/// </summary>
internal sealed class StateWriter : IDisposable
{
    private readonly object[] outside;
    private readonly Dictionary<object, int> numbers = new(ReferenceEqualityComparer.Instance);
    private readonly List<(object Value, Type Type, int From, string Field)> objects = [];
    private readonly Dictionary<Type, int> typeNumbers = [];
    private readonly List<Type> types = [];
    private readonly MemoryStream contents = new();
    private readonly BinaryWriter writer;
    private readonly List<(long At, nint Pointer, int From, string Field)> pointers = [];
    private int current;

    private StateWriter(object[] outside)
    {
        this.outside = outside;
        writer = new(contents, Encoding.Unicode, leaveOpen: true);
    }

    /// <summary>The image. <paramref name="outside"/> is not part of it: whoever reads the image has objects of his own for these, and a token for every <see cref="CancellationToken"/>.</summary>
    public static byte[] Write(object root, params object[] outside)
    {
        using StateWriter state = new(outside);
        return state.Write(root);
    }

    public void Dispose()
    {
        writer.Dispose();
        contents.Dispose();
    }

    private byte[] Write(object root)
    {
        Reference(root, "");
        for (current = 0; current < objects.Count; current++) Content(objects[current].Value, objects[current].Type);
        MemoryStream image = new();
        using BinaryWriter head = new(image, Encoding.Unicode, leaveOpen: true);
        head.Write(types.Count);
        foreach (Type type in types) StateTypes.Write(head, type);
        head.Write(objects.Count);
        foreach ((object value, Type type, _, _) in objects) Shape(head, value, type);
        foreach ((object value, _, _, _) in objects)
            if (value is Delegate method) Method(head, method);
        foreach ((object value, _, _, _) in objects)
            if (value is PhysicalMemory memory) memory.Save(head);
        Resolve();
        head.Write(contents.Length);
        head.Flush();
        contents.WriteTo(image);
        return image.ToArray();
    }

    /// <summary>What is needed to make the object, before anything else exists.</summary>
    private void Shape(BinaryWriter head, object value, Type type)
    {
        head.Write(typeNumbers[type]);
        if (value is string text) head.Write(text);
        else if (value is Array array)
        {
            for (int dimension = 0; dimension < array.Rank; dimension++) head.Write(array.GetLength(dimension));
        }
    }

    private void Method(BinaryWriter head, Delegate method)
    {
        MethodInfo called = method.Method;
        head.Write(method.Target is null ? 0 : numbers[method.Target]);
        head.Write(typeNumbers[called.DeclaringType ?? called.Module.GetType()]);
        head.Write(called.MetadataToken);
    }

    private void Content(object value, Type type)
    {
        switch (StateTypes.RuleOf(type))
        {
            case StateRule.Array:
                Elements((Array)value, type.GetElementType() ?? typeof(object));
                break;
            case StateRule.Sorted:
                Sorted(value, type.GetGenericArguments());
                break;
            case StateRule.Fields:
                Fields(value, type);
                break;
        }
    }

    private void Sorted(object value, Type[] types)
    {
        writer.Write(((ICollection)value).Count);
        if (value is IDictionary pairs)
        {
            foreach (DictionaryEntry entry in pairs)
            {
                Value(types[0], entry.Key, "keys");
                Value(types[1], entry.Value, "values");
            }
            return;
        }
        foreach (object item in (IEnumerable)value) Value(types[0], item, "items");
    }

    private void Elements(Array array, Type element)
    {
        if (StateTypes.IsPlain(element))
        {
            if (array.Length > 0) writer.Write(MemoryMarshal.CreateReadOnlySpan(ref MemoryMarshal.GetArrayDataReference(array), checked(array.Length * RuntimeHelpers.SizeOf(element.TypeHandle))));
        }
        else if (array is object?[] references)
        {
            foreach (object? reference in references) Reference(reference, "[]");
        }
        else
        {
            foreach (object? item in array) Value(element, item, "[]");
        }
    }

    private void Fields(object value, Type type)
    {
        foreach (FieldInfo field in StateTypes.FieldsOf(type)) Value(field.FieldType, field.GetValue(value), field.Name);
    }

    private void Value(Type type, object? value, string field)
    {
        if (!type.IsValueType && !type.IsPointer)
        {
            Reference(value, field);
            return;
        }
        if (type == typeof(CancellationToken)) return;
        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            writer.Write(value is not null);
            if (value is not null) Value(inner, value, field);
            return;
        }
        switch (value)
        {
            case bool v: writer.Write(v); break;
            case byte v: writer.Write(v); break;
            case sbyte v: writer.Write(v); break;
            case short v: writer.Write(v); break;
            case ushort v: writer.Write(v); break;
            case char v: writer.Write((ushort)v); break;
            case int v: writer.Write(v); break;
            case uint v: writer.Write(v); break;
            case long v: writer.Write(v); break;
            case ulong v: writer.Write(v); break;
            case float v: writer.Write(v); break;
            case double v: writer.Write(v); break;
            case nint v:
                pointers.Add((contents.Position, v, current, field));
                writer.Write(0);
                writer.Write(0UL);
                break;
            case Enum v: Value(Enum.GetUnderlyingType(type), Convert.ChangeType(v, Enum.GetUnderlyingType(type), null), field); break;
            case not null when !type.IsPointer && StateTypes.IsKnown(type): Fields(value, type); break;
            default: throw Refused(type, current, field);
        }
    }

    private void Reference(object? value, string field) => writer.Write(value is null ? 0 : NumberOf(value, field));

    /// <summary>Numbers from 1 in order of discovery; those below 0 are outside.</summary>
    private int NumberOf(object value, string field)
    {
        if (numbers.TryGetValue(value, out int number)) return number;
        int place = Array.FindIndex(outside, o => ReferenceEquals(o, value));
        if (place >= 0) return -1 - place;
        Type type = value.GetType();
        StateRule? rule = StateTypes.RuleOf(type);
        if (rule is null) throw Refused(type, current, field);
        if (rule == StateRule.Sorted && !StateTypes.IsSortedAsUsual(value)) throw Refused(type, current, field);
        if (rule == StateRule.DefaultComparer && !Equals(value, StateTypes.DefaultComparerOf(type.GetGenericArguments()[0]))) throw Refused(type, current, field);
        NumberOf(type);
        objects.Add((value, type, current, field));
        numbers[value] = objects.Count;
        if (value is Delegate method)
        {
            if (method.GetInvocationList().Length != 1 || method.Method.IsGenericMethod || method.Method.DeclaringType is not { } declaring || !StateTypes.IsOwn(declaring.Module)) throw Refused(type, current, field);
            NumberOf(declaring);
            if (method.Target is { } target) NumberOf(target, field);
        }
        return numbers[value];
    }

    private int NumberOf(Type type)
    {
        if (typeNumbers.TryGetValue(type, out int number)) return number;
        types.Add(type);
        return typeNumbers[type] = types.Count - 1;
    }

    /// <summary>Pointers lead into simulated memory, which is all known only now.</summary>
    private void Resolve()
    {
        foreach ((long at, nint pointer, int from, string field) in pointers)
        {
            if (pointer == 0) continue;
            int memory = objects.FindIndex(o => o.Value is PhysicalMemory m && m.AddressOf(pointer) is not null);
            if (memory < 0 || ((PhysicalMemory)objects[memory].Value).AddressOf(pointer) is not { } address) throw Refused(typeof(nint), from, field);
            contents.Position = at;
            writer.Write(memory + 1);
            writer.Write(address);
        }
    }

    private NotSupportedException Refused(Type type, int from, string field)
    {
        string way = field;
        for (int at = from; objects.Count > 0 && at >= 0; at = objects[at].From)
        {
            (_, Type owner, int parent, string name) = objects[at];
            if (parent == at)
            {
                way = $"{owner.Name}.{way}";
                break;
            }
            way = $"{name}.{way}";
        }
        return new NotSupportedException($"A checkpoint cannot hold {way}: there is no rule for {type}. Policies and delegates of a caller's own cannot be saved; name them in the experiment.");
    }
}
