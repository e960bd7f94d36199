namespace Workbench.Traces.Importers.Qemu;

/// <summary>Device models whose rings the importer understands.</summary>
internal enum DeviceKind : byte
{
    Unknown,
    Nvme,
    E1000e,
    Virtio,
}
