using System.Reflection;
using CsCheck;
using Workbench.Iommu;
using Workbench.Iommu.Memory;
using Workbench.Replay.Checkpoints;
using Xunit;

namespace Workbench.Replay.Tests.Checkpoints;

/// <summary>The rules by which objects go in and out of an image.</summary>
public class StateImageTests
{
    private static T Again<T>(T root)
        where T : notnull => (T)StateReader.Read(StateWriter.Write(root), TestContext.Current.CancellationToken);

    [Fact]
    public void What_is_one_object_stays_one_object_and_what_leads_back_leads_back()
    {
        object?[] root = [null, new List<ulong> { 1, 2 }, null, "text"];
        (root[0], root[2]) = (root, root[1]);
        object?[] again = Again(root);
        Assert.Same(again, again[0]);
        Assert.Same(again[1], again[2]);
        Assert.Equal([1UL, 2], Assert.IsType<List<ulong>>(again[1]));
        Assert.Equal("text", again[3]);
    }

    [Fact]
    public void Dictionaries_keep_their_order_of_enumeration_even_for_what_is_added_later() =>
        Gen.Select(Gen.Int[-20, 20].Array, Gen.Int[-20, 20].Array).Sample((before, after) =>
        {
            // Keys whose hash codes differ from object to object stand for another process.
            DomainOracle?[] keys = new DomainOracle?[21];
            DomainOracle keyOf(int i) => keys[Math.Abs(i)] ??= new(null!);
            Dictionary<DomainOracle, int> byObject = [];
            Dictionary<(DomainId, ulong), int> byValue = [];
            HashSet<DomainOracle> set = [];
            void Do(int i, Dictionary<DomainOracle, int> d, Dictionary<(DomainId, ulong), int> v, HashSet<DomainOracle> s, DomainOracle key)
            {
                (DomainId, ulong) pair = (new((ushort)Math.Abs(i)), 7);
                if (i < 0)
                {
                    Assert.Equal(d.Remove(key), v.Remove(pair));
                    s.Remove(key);
                }
                else
                {
                    d[key] = v[pair] = i;
                    s.Add(key);
                }
            }
            foreach (int i in before) Do(i, byObject, byValue, set, keyOf(i));
            for (int i = 0; i < keys.Length; i++) keyOf(i);
            object[] again = Again<object[]>([keys, byObject, byValue, set]);
            DomainOracle[] keysAgain = (DomainOracle[])again[0];
            var (byObjectAgain, byValueAgain, setAgain) = ((Dictionary<DomainOracle, int>)again[1], (Dictionary<(DomainId, ulong), int>)again[2], (HashSet<DomainOracle>)again[3]);
            foreach (int i in after)
            {
                Do(i, byObject, byValue, set, keyOf(i));
                Do(i, byObjectAgain, byValueAgain, setAgain, keysAgain[Math.Abs(i)]);
            }
            Assert.Equal(byObject.Values.AsEnumerable(), byObjectAgain.Values);
            Assert.Equal(byObject.Keys.Select(k => Array.IndexOf(keys, k)), byObjectAgain.Keys.Select(k => Array.IndexOf(keysAgain, k)));
            Assert.Equal(byValue, byValueAgain);
            Assert.Equal(byValue.Keys.AsEnumerable(), byValueAgain.Keys);
            Assert.Equal(set.Select(k => Array.IndexOf(keys, k)), setAgain.Select(k => Array.IndexOf(keysAgain, k)));
        }, iter: 300);

    [Fact]
    public void Collections_under_enumeration_go_on_where_they_were()
    {
        List<long> list = [1, 2, 3];
        object at = ((IEnumerable<long>)list).GetEnumerator();
        ((IEnumerator<long>)at).MoveNext();
        Queue<int> queue = new([1, 2, 3]);
        queue.Dequeue();
        PriorityQueue<int, (long, long)> priorities = new();
        priorities.EnqueueRange([(1, (5, 1)), (2, (3, 1)), (3, (4, 0))]);
        SortedDictionary<ulong, string> sorted = new() { [9] = "nine", [2] = "two" };
        object[] again = Again<object[]>([at, queue, priorities, sorted, new Stack<int>([1, 2]), new SortedSet<int> { 3, 1 }, new int[,] { { 1, 2 }, { 3, 4 } }, new object?[,] { { "a", null }, { null, "d" } }]);
        IEnumerator<long> rest = (IEnumerator<long>)again[0];
        Assert.Equal(1, rest.Current);
        Assert.True(rest.MoveNext());
        Assert.Equal(2, rest.Current);
        Assert.Equal([2, 3], ((Queue<int>)again[1]).ToArray());
        Assert.Equal(2, ((PriorityQueue<int, (long, long)>)again[2]).Dequeue());
        Assert.Equal([2UL, 9], ((SortedDictionary<ulong, string>)again[3]).Keys.ToArray());
        Assert.Equal(2, ((Stack<int>)again[4]).Pop());
        Assert.Equal([1, 3], ((SortedSet<int>)again[5]).ToArray());
        Assert.Equal(3, ((int[,])again[6])[1, 0]);
        Assert.Equal("d", ((object?[,])again[7])[1, 1]);
    }

    [Fact]
    public void Memory_comes_back_with_its_contents_and_hands_out_the_same_frames()
    {
        using PhysicalMemory memory = new();
        Spa[] frames = [.. Enumerable.Range(0, 1200).Select(_ => memory.AllocateFrame())];
        memory.Word(frames[3]) = 17;
        memory.Word(frames[1100]) = 19;
        memory.FreeFrame(frames[5]);
        memory.FreeFrame(frames[9]);
        nint pointer = memory.PointerTo(frames[1100].Value);
        object[] again = Again<object[]>([new (nint, int)[] { (pointer, 1), (0, 2) }, memory]);
        using PhysicalMemory other = (PhysicalMemory)again[1];
        Assert.Equal((17UL, 19UL, memory.FramesInUse), (other.Word(frames[3]), other.Word(frames[1100]), other.FramesInUse));
        Assert.Equal([(other.PointerTo(frames[1100].Value), 1), (0, 2)], ((nint, int)[])again[0]);
        Assert.NotEqual(pointer, other.PointerTo(frames[1100].Value));
        Assert.Null(other.AddressOf(pointer));
        for (int i = 0; i < 3; i++) Assert.Equal(memory.AllocateFrame(), other.AllocateFrame());
        Assert.Equal(memory.AllocateContiguous(40), other.AllocateContiguous(40));
    }

    // The rule of memory is its own, so that a field added to it would be forgotten.
    [Fact]
    public void Memory_has_no_fields_that_its_rule_does_not_know() =>
        Assert.Equal(["<FramesInUse>k__BackingField", "<HasRacingThreads>k__BackingField", "chunkCount", "chunks", "committedBytes", "disposed", "first", "freed", "maxChunks", "nextFrame"],
            typeof(PhysicalMemory).GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Select(f => f.Name).Order(StringComparer.Ordinal));

    public static TheoryData<object> Foreign => [new Version(1, 2), new MemoryStream(), typeof(string), new Dictionary<string, int>(), new SortedSet<int>(Comparer<int>.Create((a, b) => b - a)), Array.Empty<Version>(), new Lazy<int>(3), new object[] { new DateTime(2020, 1, 1) }, new nint[] { 8 }];

    [Theory]
    [MemberData(nameof(Foreign), DisableDiscoveryEnumeration = true)]
    public void What_has_no_rule_is_refused(object foreign) => Assert.Contains("there is no rule for", Assert.Throws<NotSupportedException>(() => StateWriter.Write(new[] { foreign })).Message, StringComparison.Ordinal);

    [Fact]
    public void Delegates_of_other_assemblies_are_refused()
    {
        Func<int> own = () => 3;
        Assert.Throws<NotSupportedException>(() => StateWriter.Write(own));
        Action both = GC.Collect;
        Assert.Throws<NotSupportedException>(() => StateWriter.Write(both));
    }
}
