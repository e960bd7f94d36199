using Workbench.Iommu.PageTables;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Contracts;

/// <summary>No page-table format of the product escapes the contract, nor does any granule of a generic one.</summary>
public sealed class EveryFormatHasAContractTests
{
    private static readonly Type[] Structs = [.. typeof(IPageTableFormat).Assembly.GetTypes().Where(t => t.IsValueType)];

    [Fact]
    public void Every_page_table_format_has_a_contract_class()
    {
        Type[] formats = [.. Structs.Where(t => t.IsAssignableTo(typeof(IPageTableFormat))).SelectMany(ClosedForms)];
        HashSet<Type> tested = [.. typeof(EveryFormatHasAContractTests).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false }).SelectMany(FormatsTestedBy)];
        Assert.NotEmpty(formats);
        Type[] untested = [.. formats.Where(f => !tested.Contains(f))];
        Assert.True(untested.Length == 0, $"No class derives from PageTableFormatContract of {string.Join<Type>(" or ", untested)}; add one in Contracts.");
    }

    [Fact]
    public void A_generic_format_counts_once_for_each_granule()
    {
        Type[] granules = [typeof(Granule4K), typeof(Granule16K), typeof(Granule64K)];
        Assert.Equal(granules.Select(g => typeof(ArmStage2Format<>).MakeGenericType(g)).ToHashSet(), ClosedForms(typeof(ArmStage2Format<>)).ToHashSet());
    }

    // Every choice of type arguments among the structs of the product that the constraints allow.
    private static IEnumerable<Type> ClosedForms(Type format)
    {
        if (!format.IsGenericTypeDefinition) return [format];
        IEnumerable<Type[]> choices = [[]];
        foreach (Type parameter in format.GetGenericArguments())
        {
            Type[] constraints = [.. parameter.GetGenericParameterConstraints().Where(c => c.IsInterface)];
            Type[] arguments = [.. Structs.Where(s => !s.IsGenericTypeDefinition && constraints.All(c => s.IsAssignableTo(c)))];
            choices = [.. choices.SelectMany(_ => arguments, (chosen, next) => (Type[])[.. chosen, next])];
        }
        return choices.Select(format.MakeGenericType);
    }

    private static IEnumerable<Type> FormatsTestedBy(Type type)
    {
        for (Type? ancestor = type.BaseType; ancestor is not null; ancestor = ancestor.BaseType)
            if (ancestor.IsGenericType && ancestor.GetGenericTypeDefinition() == typeof(PageTableFormatContract<>)) yield return ancestor.GetGenericArguments()[0];
    }
}
