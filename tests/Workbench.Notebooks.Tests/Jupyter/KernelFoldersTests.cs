using Workbench.Notebooks.Jupyter;
using Xunit;

namespace Workbench.Notebooks.Tests.Jupyter;

public sealed class KernelFoldersTests
{
    [Theory]
    [InlineData(KernelPlatform.Linux, "", "/home/u/.local/share/jupyter/kernels")]
    [InlineData(KernelPlatform.Linux, "XDG_DATA_HOME=/data", "/data/jupyter/kernels")]
    [InlineData(KernelPlatform.Linux, "XDG_DATA_HOME=/data JUPYTER_DATA_DIR=/jupyter", "/jupyter/kernels")]
    [InlineData(KernelPlatform.Linux, "XDG_DATA_HOME=", "/home/u/.local/share/jupyter/kernels")]
    [InlineData(KernelPlatform.MacOS, "XDG_DATA_HOME=/data", "/home/u/Library/Jupyter/kernels")]
    [InlineData(KernelPlatform.MacOS, "JUPYTER_DATA_DIR=/jupyter", "/jupyter/kernels")]
    [InlineData(KernelPlatform.Windows, @"APPDATA=C:\Users\u\AppData\Roaming", @"C:\Users\u\AppData\Roaming\jupyter\kernels")]
    [InlineData(KernelPlatform.Windows, @"APPDATA=C:\R JUPYTER_DATA_DIR=D:\j", @"D:\j\kernels")]
    public void The_users_kernelspecs_lie_where_jupyter_looks(KernelPlatform platform, string environment, string expected)
    {
        Assert.Equal(expected, Folders(platform, environment).User);
    }

    [Fact]
    public void Without_a_variable_for_it_Windows_falls_back_on_the_home_folder()
    {
        Assert.Equal(@"C:\Users\u\AppData\Roaming\jupyter\kernels", new KernelFolders(KernelPlatform.Windows, _ => null, @"C:\Users\u").User);
    }

    [Theory]
    [InlineData(KernelPlatform.Linux, "/opt/env/share/jupyter/kernels")]
    [InlineData(KernelPlatform.Windows, @"/opt/env\share\jupyter\kernels")]
    public void A_prefix_holds_kernelspecs_below_share(KernelPlatform platform, string expected)
    {
        Assert.Equal(expected, Folders(platform, "").Below("/opt/env"));
        Assert.Equal(expected, Folders(platform, "VIRTUAL_ENV=/opt/env CONDA_PREFIX=/conda").ActiveEnvironment);
        Assert.Equal(expected, Folders(platform, "CONDA_PREFIX=/opt/env").ActiveEnvironment);
        Assert.Null(Folders(platform, "").ActiveEnvironment);
    }

    [Fact]
    public void Folders_are_searched_in_the_order_of_jupyter()
    {
        Assert.Equal(["/a/kernels", "/b/kernels", "/home/u/.local/share/jupyter/kernels", "/env/share/jupyter/kernels", "/usr/local/share/jupyter/kernels", "/usr/share/jupyter/kernels"],
            Folders(KernelPlatform.Linux, "JUPYTER_PATH=/a:/b VIRTUAL_ENV=/env").Searched());
        Assert.Equal([@"D:\a\kernels", @"C:\R\jupyter\kernels", @"C:\ProgramData\jupyter\kernels"], Folders(KernelPlatform.Windows, @"JUPYTER_PATH=D:\a APPDATA=C:\R").Searched());
    }

    private static KernelFolders Folders(KernelPlatform platform, string environment)
    {
        Dictionary<string, string> set = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(e => e.Split('=')).ToDictionary(e => e[0], e => e[1]);
        return new(platform, set.GetValueOrDefault, "/home/u");
    }
}
