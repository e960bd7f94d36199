namespace Workbench.Iommu;

/// <summary>
/// What becomes of the accesses of a batch, to be told while they are translated (<see cref="IIommu.TranslateBatch"/>). A struct, so that its methods become part of the
/// translating loop.
/// </summary>
/// <typeparam name="TAccess">The accesses.</typeparam>
public interface IAccessSink<TAccess>
    where TAccess : struct, IDmaAccess
{
    /// <summary>Is this one to be translated now? The batch ends before the first that is not.</summary>
    bool Takes(in TAccess access);

    /// <summary>The next accesses are this requester's; told before its context is looked up.</summary>
    void Begins(in TAccess access);

    /// <summary>The whole access was translated and lies in one page.</summary>
    void Done(in TAccess access);

    /// <summary>
    /// The request for the access's first byte gave this: a fault, or the first page of several, or it is for the sink to look at because the IOMMU diagnoses. The sink goes on with the rest
    /// of the access by <see cref="IIommu.Translate"/>.
    /// </summary>
    void Began(in TAccess access, in Translation first);

    /// <summary>The access will come soon: fetch what <see cref="Done"/> will need, and change nothing.</summary>
    void Prefetch(in TAccess access);
}
