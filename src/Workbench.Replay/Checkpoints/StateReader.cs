using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Workbench.Iommu.Memory;

namespace Workbench.Replay.Checkpoints;

/// <summary>Makes the objects of an image that <see cref="StateWriter"/> wrote: first all of them, empty, then what they hold.</summary>
internal sealed class StateReader : IDisposable
{
    private readonly object[] outside;
    private readonly CancellationToken cancellation;
    private readonly BinaryReader reader;
    private readonly List<Action> afterwards = [];
    private Type[] types = [];
    private object[] objects = [];

    private StateReader(byte[] image, object[] outside, CancellationToken cancellation)
    {
        (this.outside, this.cancellation) = (outside, cancellation);
        reader = new(new MemoryStream(image, writable: false), Encoding.Unicode);
    }

    /// <summary>The object that was written, with the reader's own in the place of what was outside.</summary>
    public static object Read(byte[] image, CancellationToken cancellation, params object[] outside)
    {
        using StateReader state = new(image, outside, cancellation);
        try
        {
            return state.Read();
        }
        catch (Exception e)
        {
            foreach (object made in state.objects) (made as PhysicalMemory)?.Dispose();
            if (e is InvalidDataException or IOException or ArgumentException or InvalidCastException or IndexOutOfRangeException or BadImageFormatException or TargetException or OverflowException or NotSupportedException)
                throw new InvalidDataException($"it is none of this program's ({e.Message})", e);
            throw;
        }
    }

    public void Dispose() => reader.Dispose();

    private object Read()
    {
        types = new Type[reader.ReadInt32()];
        for (int i = 0; i < types.Length; i++) types[i] = StateTypes.Read(reader);
        objects = new object[reader.ReadInt32()];
        for (int i = 0; i < objects.Length; i++) objects[i] = Empty(types[reader.ReadInt32()]);
        for (int i = 0; i < objects.Length; i++)
            if (objects[i] is Pending pending) objects[i] = MethodOf(pending.Type);
        for (int i = 0; i < objects.Length; i++)
            if (ReferenceEquals(objects[i], AwaitedMemory)) objects[i] = PhysicalMemory.Restore(reader);
        reader.ReadInt64();
        Value(typeof(object));
        foreach (object made in objects) Content(made);
        foreach (Action action in afterwards) action();
        foreach (object made in objects) HashRepair.Repair(made);
        return objects[0];
    }

    private sealed record Pending(Type Type);

    private static readonly object AwaitedMemory = new();

    private object Empty(Type type) => StateTypes.RuleOf(type) switch
    {
        StateRule.Text => reader.ReadString(),
        StateRule.Array => EmptyArray(type),
        StateRule.Delegate => new Pending(type),
        StateRule.Memory => AwaitedMemory,
        StateRule.DefaultComparer => StateTypes.DefaultComparerOf(type.GetGenericArguments()[0]),
        StateRule.Sorted => Activator.CreateInstance(type) ?? throw new InvalidDataException($"there is no {type}"),
        StateRule.Fields => RuntimeHelpers.GetUninitializedObject(type),
        _ => throw new InvalidDataException($"there is no rule for {type}"),
    };

    private Array EmptyArray(Type type)
    {
        int[] lengths = new int[type.GetArrayRank()];
        for (int dimension = 0; dimension < lengths.Length; dimension++) lengths[dimension] = reader.ReadInt32();
        return Array.CreateInstance(type.GetElementType() ?? typeof(object), lengths);
    }

    private Delegate MethodOf(Type type)
    {
        int target = reader.ReadInt32();
        MethodInfo method = StateTypes.MethodOf(types[reader.ReadInt32()], reader.ReadInt32());
        return target == 0 ? method.CreateDelegate(type) : method.CreateDelegate(type, Numbered(target));
    }

    private void Content(object made)
    {
        Type type = made.GetType();
        switch (StateTypes.RuleOf(type))
        {
            case StateRule.Array:
                Elements((Array)made, type.GetElementType() ?? typeof(object));
                break;
            case StateRule.Sorted:
                Sorted(made, type.GetGenericArguments());
                break;
            case StateRule.Fields:
                Fields(made, type);
                break;
        }
    }

    /// <summary>Keys may be objects that are still empty, so they are put in when all are whole.</summary>
    private void Sorted(object made, Type[] held)
    {
        MethodInfo add = made.GetType().GetMethod("Add", held) ?? throw new InvalidDataException($"nothing can be added to {made.GetType()}");
        for (int left = reader.ReadInt32(); left > 0; left--)
        {
            object?[] item = [.. held.Select(Value)];
            afterwards.Add(() => add.Invoke(made, item));
        }
    }

    private void Elements(Array array, Type element)
    {
        if (StateTypes.IsPlain(element))
        {
            if (array.Length > 0) reader.BaseStream.ReadExactly(MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(array), checked(array.Length * RuntimeHelpers.SizeOf(element.TypeHandle))));
        }
        else if (array is object?[] references)
        {
            for (int i = 0; i < references.Length; i++) references[i] = Value(element);
        }
        else
        {
            int[] at = new int[array.Rank];
            for (int i = 0; i < array.Length; i++)
            {
                array.SetValue(Value(element), at);
                for (int dimension = array.Rank - 1; dimension >= 0 && ++at[dimension] == array.GetLength(dimension); dimension--) at[dimension] = 0;
            }
        }
    }

    private void Fields(object made, Type type)
    {
        foreach (FieldInfo field in StateTypes.FieldsOf(type)) field.SetValue(made, Value(field.FieldType));
    }

    private object? Value(Type type)
    {
        if (!type.IsValueType)
        {
            int number = reader.ReadInt32();
            return number == 0 ? null : Numbered(number);
        }
        if (type == typeof(CancellationToken)) return cancellation;
        if (Nullable.GetUnderlyingType(type) is { } inner) return reader.ReadBoolean() ? Value(inner) : null;
        if (type.IsEnum) return Enum.ToObject(type, Value(Enum.GetUnderlyingType(type)) ?? 0);
        if (type == typeof(nint)) return Pointer();
        switch (Type.GetTypeCode(type))
        {
            case TypeCode.Boolean: return reader.ReadBoolean();
            case TypeCode.Byte: return reader.ReadByte();
            case TypeCode.SByte: return reader.ReadSByte();
            case TypeCode.Int16: return reader.ReadInt16();
            case TypeCode.UInt16: return reader.ReadUInt16();
            case TypeCode.Char: return (char)reader.ReadUInt16();
            case TypeCode.Int32: return reader.ReadInt32();
            case TypeCode.UInt32: return reader.ReadUInt32();
            case TypeCode.Int64: return reader.ReadInt64();
            case TypeCode.UInt64: return reader.ReadUInt64();
            case TypeCode.Single: return reader.ReadSingle();
            case TypeCode.Double: return reader.ReadDouble();
        }
        if (!StateTypes.IsKnown(type)) throw new InvalidDataException($"there is no rule for {type}");
        object made = RuntimeHelpers.GetUninitializedObject(type);
        Fields(made, type);
        return made;
    }

    private nint Pointer()
    {
        int memory = reader.ReadInt32();
        ulong address = reader.ReadUInt64();
        return memory == 0 ? 0 : ((PhysicalMemory)Numbered(memory)).PointerTo(address);
    }

    private object Numbered(int number) => number > 0 ? objects[number - 1] : outside[-1 - number];
}
