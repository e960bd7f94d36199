using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Workbench.Notebooks.Running;

/// <summary>The parameters a C# cell declares.</summary>
internal static class CSharpParameters
{
    private static readonly CSharpParseOptions Script = new(LanguageVersion.Preview, kind: SourceCodeKind.Script);

    /// <summary>Its variables with a default, in order: declarations and plain assignments at the top level.</summary>
    public static IEnumerable<ParameterDeclaration> Read(string code)
    {
        foreach (MemberDeclarationSyntax member in CSharpSyntaxTree.ParseText(code, Script).GetCompilationUnitRoot().Members)
        {
            VariableDeclarationSyntax? declared = member switch
            {
                FieldDeclarationSyntax field => field.Declaration,
                GlobalStatementSyntax { Statement: LocalDeclarationStatementSyntax local } => local.Declaration,
                _ => null,
            };
            if (declared is not null)
            {
                foreach (VariableDeclaratorSyntax variable in declared.Variables.Where(v => v.Initializer is not null))
                    yield return Of(variable.Identifier.ValueText, declared.Type.IsVar ? null : declared.Type.ToString(), variable.Initializer!.Value);
            }
            else if (member is GlobalStatementSyntax { Statement: ExpressionStatementSyntax { Expression: AssignmentExpressionSyntax { Left: IdentifierNameSyntax name } assignment } })
                yield return Of(name.Identifier.ValueText, null, assignment.Right);
        }
    }

    private static ParameterDeclaration Of(string name, string? type, ExpressionSyntax value)
    {
        string element = (type ?? "").TrimEnd('?', ']', '[', ' ');
        (ParameterKind kind, string suffix) = OfType(element);
        ExpressionSyntax[]? items = value switch
        {
            ImplicitArrayCreationExpressionSyntax array => [.. array.Initializer.Expressions],
            ArrayCreationExpressionSyntax { Initializer: { } initializer } => [.. initializer.Expressions],
            InitializerExpressionSyntax initializer => [.. initializer.Expressions],
            CollectionExpressionSyntax collection => [.. collection.Elements.OfType<ExpressionElementSyntax>().Select(e => e.Expression)],
            _ => null,
        };
        if (kind == ParameterKind.Any && value is ArrayCreationExpressionSyntax { Type.ElementType: var elementType }) (kind, suffix) = OfType(elementType.ToString());
        if (kind == ParameterKind.Any)
        {
            // One number with a point makes all of them such.
            (ParameterKind Kind, string Suffix)[] kinds = [.. (items ?? [value]).Select(OfLiteral)];
            if (kinds.Length > 0) (kind, suffix) = kinds.Any(k => k.Kind == ParameterKind.Any) ? default : kinds.MaxBy(k => k.Kind);
        }
        return new(name, kind, items is not null, type, suffix ?? "", value.ToString());
    }

    private static (ParameterKind Kind, string Suffix) OfType(string type) => type switch
    {
        "int" or "uint" or "short" or "ushort" or "byte" or "sbyte" or "ulong" => (ParameterKind.Whole, ""),
        "long" => (ParameterKind.Long, ""),
        "double" => (ParameterKind.Real, ""),
        "float" => (ParameterKind.Real, "f"),
        "decimal" => (ParameterKind.Real, "m"),
        "bool" => (ParameterKind.Flag, ""),
        "string" => (ParameterKind.Text, ""),
        _ => (ParameterKind.Any, ""),
    };

    private static (ParameterKind Kind, string Suffix) OfLiteral(ExpressionSyntax value)
    {
        while (value is PrefixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.UnaryMinusExpression or (int)SyntaxKind.UnaryPlusExpression } sign) value = sign.Operand;
        if (value is InterpolatedStringExpressionSyntax) return (ParameterKind.Text, "");
        return (value as LiteralExpressionSyntax)?.Token.Value switch
        {
            int or uint => (ParameterKind.Whole, ""),
            long or ulong => (ParameterKind.Long, "L"),
            double => (ParameterKind.Real, ""),
            float => (ParameterKind.Real, "f"),
            decimal => (ParameterKind.Real, "m"),
            bool => (ParameterKind.Flag, ""),
            string => (ParameterKind.Text, ""),
            _ => (ParameterKind.Any, ""),
        };
    }
}
