namespace Workbench.Traces.Guest;

/// <summary>What a kernel trace event states, whatever name its kernel gives it.</summary>
internal enum GuestStatement
{
    /// <summary>Nothing a guest event has a word for.</summary>
    None,
    /// <summary>iommu:map.</summary>
    Map,
    /// <summary>iommu:unmap.</summary>
    Unmap,
    /// <summary>One contiguous buffer is mapped.</summary>
    DmaMap,
    /// <summary>One contiguous buffer is unmapped.</summary>
    DmaUnmap,
    /// <summary>A buffer is allocated that stays open to the device until it is freed: coherent, pages, or one IOVA range over many pages (sgt).</summary>
    Allocate,
    /// <summary>Such a buffer is freed.</summary>
    Free,
    /// <summary>A scatter list is mapped.</summary>
    MapScatter,
    /// <summary>A scatter list is unmapped.</summary>
    UnmapScatter,
    /// <summary>A device is attached to a domain.</summary>
    Attach,
    /// <summary>A device is detached from a domain.</summary>
    Detach,
    /// <summary>The IOMMU reported a fault.</summary>
    PageFault,
    /// <summary>A text was written to trace_marker; the event is named after the writing function.</summary>
    Mark,
    /// <summary>The same, with the writing function printed before the text.</summary>
    PrintedMark,
}

/// <summary>Knows the names.</summary>
internal static class GuestStatements
{
    /// <summary>The statement of an event; the group is empty where the dialect does not print it.</summary>
    public static GuestStatement Of(ReadOnlySpan<byte> group, ReadOnlySpan<byte> name)
    {
        GuestStatement statement = OfName(name);
        ReadOnlySpan<byte> home = statement switch
        {
            GuestStatement.Map or GuestStatement.Unmap or GuestStatement.Attach or GuestStatement.Detach or GuestStatement.PageFault => "iommu"u8,
            GuestStatement.Mark or GuestStatement.PrintedMark => "ftrace"u8,
            _ => "dma"u8,
        };
        return group.IsEmpty || group.SequenceEqual(home) ? statement : GuestStatement.None;
    }

    private static GuestStatement OfName(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("map"u8)) return GuestStatement.Map;
        if (name.SequenceEqual("unmap"u8)) return GuestStatement.Unmap;
        if (name.StartsWith("dma_"u8)) return OfDma(name[4..]);
        if (name.SequenceEqual("attach_device_to_domain"u8)) return GuestStatement.Attach;
        if (name.SequenceEqual("detach_device_from_domain"u8)) return GuestStatement.Detach;
        if (name.SequenceEqual("io_page_fault"u8)) return GuestStatement.PageFault;
        if (name.SequenceEqual("tracing_mark_write"u8)) return GuestStatement.Mark;
        return name.SequenceEqual("print"u8) ? GuestStatement.PrintedMark : GuestStatement.None;
    }

    // dma_map_phys replaced dma_map_page and dma_map_resource in Linux 6.18.
    private static GuestStatement OfDma(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("map_page"u8) || name.SequenceEqual("map_phys"u8) || name.SequenceEqual("map_resource"u8)) return GuestStatement.DmaMap;
        if (name.SequenceEqual("unmap_page"u8) || name.SequenceEqual("unmap_phys"u8) || name.SequenceEqual("unmap_resource"u8)) return GuestStatement.DmaUnmap;
        if (name.SequenceEqual("map_sg"u8)) return GuestStatement.MapScatter;
        if (name.SequenceEqual("unmap_sg"u8)) return GuestStatement.UnmapScatter;
        if (name.SequenceEqual("alloc"u8) || name.SequenceEqual("alloc_pages"u8) || name.SequenceEqual("alloc_sgt"u8)) return GuestStatement.Allocate;
        return name.SequenceEqual("free"u8) || name.SequenceEqual("free_pages"u8) || name.SequenceEqual("free_sgt"u8) ? GuestStatement.Free : GuestStatement.None;
    }
}
