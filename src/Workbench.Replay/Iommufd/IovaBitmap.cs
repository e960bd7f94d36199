using System.Numerics;

namespace Workbench.Replay.Iommufd;

/// <summary>
/// The kernel's way to a user's bitmap: at most 512 of its pages are pinned at a time (64 GiB of IOVAs at bits of 4 KiB). All arithmetic
/// wraps as the kernel's does, for some of its defects are made of that.
/// </summary>
internal sealed class IovaBitmap
{
    private const int MostPages = 512;
    private const int BitsPerPage = UserBitmap.PageBytes * 8;

    private readonly UserBitmap user;
    private readonly BitmapDefects defects;
    private readonly ulong iova, length;
    private readonly int pageShift;
    // An index counts bytes of the bitmap, or words of 8 bytes in the kernels that did so.
    private readonly ulong indexBytes;
    private readonly ulong totalIndex;
    private ulong baseIndex;
    // The window: where its bit 0 stands, at which offset in the first page, and how many pages are pinned.
    private ulong pinnedIova, pinnedLength, pinnedPage;
    private ulong pageOffset;
    private int pinned;
    private ulong setAhead;

    public IovaBitmap(UserBitmap user, ulong iova, ulong length, ulong pageSize, BitmapDefects defects)
    {
        (this.user, this.iova, this.length, this.defects) = (user, iova, length, defects);
        pageShift = BitOperations.TrailingZeroCount(pageSize);
        indexBytes = Has(BitmapDefects.WordIndex) ? 8UL : 1;
        totalIndex = unchecked(IndexOf(length - 1) + 1);
    }

    public BitmapAccount Account;

    /// <summary>Is the range walked window by window? Else the walk goes through all of it and the window follows.</summary>
    public bool WalksByWindow => Has(BitmapDefects.WalksByWindow);
    public bool IsDone => baseIndex >= totalIndex;
    public ulong WindowFirst => unchecked(iova + OffsetOf(baseIndex));

    /// <summary>Bytes of IOVA that the pinned pages hold bits of, within the range.</summary>
    public ulong WindowLength
    {
        get
        {
            unchecked
            {
                ulong bytes = ((ulong)pinned * UserBitmap.PageBytes) - pageOffset;
                ulong window = OffsetOf(Math.Min(totalIndex - baseIndex, bytes / indexBytes));
                ulong last = iova + length - 1, windowLast = WindowFirst + window - 1;
                return windowLast > last ? window - (windowLast - last) : window;
            }
        }
    }

    /// <summary>Pins the pages from the window's start on; false if not even the first can be.</summary>
    public bool Pin()
    {
        unchecked
        {
            if (IsDone) Account.PinsPastEnd++;
            ulong address = user.Address + (baseIndex * indexBytes);
            ulong offset = address % UserBitmap.PageBytes;
            ulong pages = (((totalIndex - baseIndex) * indexBytes) + (UserBitmap.PageBytes - 1)) / UserBitmap.PageBytes;
            if (offset != 0 && !Has(BitmapDefects.IgnoredOffset)) pages++;
            pinned = user.Pin(address, (int)Math.Min(pages, MostPages));
            if (pinned == 0) return false;
            Account.Windows++;
            (pinnedPage, pageOffset, pinnedIova) = (address - offset, offset, WindowFirst);
            pinnedLength = WindowLength;
            return true;
        }
    }

    /// <summary>Goes to the window after this one, setting ahead what the last leaf has there; false if pages cannot be pinned, which ends the walk.</summary>
    public bool Advance()
    {
        baseIndex = unchecked(baseIndex + IndexOf(WindowLength - 1) + 1);
        pinned = 0;
        if (Has(BitmapDefects.UncheckedEnd) && IsDone) return true;
        if (setAhead != 0 && !SetAhead()) return false;
        if (!Has(BitmapDefects.UncheckedEnd) && IsDone) return true;
        return Pin();
    }

    /// <summary>Sets the bits of a range of IOVAs.</summary>
    public void Set(ulong first, ulong bytes)
    {
        if (WalksByWindow) SetInWindow(first, bytes);
        else SetWithWindow(first, bytes);
    }

    /// <summary>The window follows the walk: it is moved to what is to be set whenever that is not all inside.</summary>
    private void SetWithWindow(ulong first, ulong bytes)
    {
        unchecked
        {
            while (true)
            {
                if (!Covers(first, bytes) && !MoveTo(first))
                {
                    Account.BitsDropped += (long)(((first + bytes - 1) >> pageShift) - (first >> pageShift) + 1);
                    return;
                }
                ulong bit = BitOf(first), last = BitOf(first + bytes - 1), begin = bit;
                while (bit <= last && (uint)(bit / BitsPerPage) < pinned) bit += SetInPage(bit, last);
                if (bit > last) return;
                if (bit == begin)
                {
                    // Not even the first bit is in the window that was made for it: the kernel would try for ever.
                    Account.IsStuck = true;
                    Account.BitsDropped += (long)(last - bit + 1);
                    return;
                }
                ulong left = (last - bit + 1) << pageShift;
                first += bytes - left;
                bytes = left;
            }
        }
    }

    /// <summary>The window stays: what lies beyond it is left for later, forgotten, or written nobody knows where.</summary>
    private void SetInWindow(ulong first, ulong bytes)
    {
        unchecked
        {
            ulong bit = BitOf(first), last = BitOf(first + bytes - 1);
            do
            {
                if ((uint)(bit / BitsPerPage) < pinned)
                {
                    bit += SetInPage(bit, last);
                    continue;
                }
                if (Has(BitmapDefects.UncheckedPages)) Account.BitsOutOfBounds += (long)(last - bit + 1);
                else if (Has(BitmapDefects.NoSetAhead)) Account.BitsDropped += (long)(last - bit + 1);
                else setAhead = (last - bit + 1) << pageShift;
                return;
            }
            while (bit <= last);
        }
    }

    /// <summary>
    /// Sets what was left for later, window by window. The length of a window is taken before it is pinned: where the window before ended with a page,
    /// that is 0, and then everything pinned is set and the walk is over [I].
    /// </summary>
    private bool SetAhead()
    {
        unchecked
        {
            ulong left = setAhead;
            bool isPinned = true;
            while (left > 0 && !IsDone)
            {
                ulong bytes = WindowLength, first = WindowFirst;
                isPinned = Pin();
                if (!isPinned) break;
                bytes = Math.Min(bytes, left);
                SetInWindow(first, bytes);
                left -= bytes;
                baseIndex += IndexOf(bytes - 1) + 1;
                pinned = 0;
            }
            setAhead = 0;
            return isPinned;
        }
    }

    private ulong SetInPage(ulong bit, ulong last)
    {
        ulong page = unchecked((uint)(bit / BitsPerPage)), offset = bit % BitsPerPage;
        ulong count = Math.Min(BitsPerPage - offset, unchecked(last - bit + 1));
        user.Set(pinnedPage + (page * UserBitmap.PageBytes), (int)offset, (int)count);
        return count;
    }

    private bool MoveTo(ulong first)
    {
        ulong index = IndexOf(unchecked(first - iova));
        if (index >= totalIndex) return false;
        baseIndex = index;
        pinned = 0;
        return Pin();
    }

    private bool Covers(ulong first, ulong bytes) =>
        unchecked(pinned > 0 && first >= pinnedIova && first + bytes - 1 <= pinnedIova + pinnedLength - 1);

    private ulong BitOf(ulong address) => unchecked(((address - pinnedIova) >> pageShift) + (pageOffset * 8));

    private ulong IndexOf(ulong offset) => unchecked(Has(BitmapDefects.NarrowShift)
        ? offset / (8 * indexBytes * (ulong)(1 << pageShift))
        : (offset >> pageShift) / (8 * indexBytes));

    private ulong OffsetOf(ulong index) => unchecked((index * 8 * indexBytes) << pageShift);

    private bool Has(BitmapDefects defect) => (defects & defect) != 0;
}
