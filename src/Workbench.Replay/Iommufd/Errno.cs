namespace Workbench.Replay.Iommufd;

/// <summary>How an ioctl of iommufd ends: <see cref="None"/> or why it is refused. Values are Linux's (asm-generic/errno.h).</summary>
public enum Errno
{
    /// <summary>Success.</summary>
    None = 0,
    /// <summary>ENOENT: no object of that id, or one of another type; no mapping there.</summary>
    NoEntry = 2,
    /// <summary>EFAULT: user memory cannot be written.</summary>
    BadAddress = 14,
    /// <summary>EEXIST: part of the range is mapped already.</summary>
    Exists = 17,
    /// <summary>EINVAL: a value that is not allowed, or a device that does not have what is promised.</summary>
    Invalid = 22,
    /// <summary>EOVERFLOW: the range wraps around the end of the address space.</summary>
    Overflow = 75,
    /// <summary>EOPNOTSUPP: an unknown flag, or something the IOMMU cannot do.</summary>
    NotSupported = 95,
    /// <summary>EADDRINUSE: something is mapped where a new table has no addresses.</summary>
    AddressInUse = 98,
}
