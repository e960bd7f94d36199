using Xunit;
using static Workbench.Replay.Tests.Iommufd.Rig;

namespace Workbench.Replay.Tests.Iommufd;

/// <summary>What GET_DIRTY_BITMAP puts into the buffer when nothing is odd about the range.</summary>
public class GetDirtyBitmapTests
{
    [Fact]
    public void A_written_page_is_a_bit_once()
    {
        using Rig rig = new Rig().Map(16 * Page, 16 * Page).Write(19 * Page);
        Assert.Equal("3", rig.Get(16 * Page, 16 * Page).Runs());
        Assert.Equal("", rig.Get(16 * Page, 16 * Page).Runs());
    }
}
