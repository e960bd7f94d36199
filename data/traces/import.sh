#!/bin/sh
# Makes the traces of this folder anew from the raw recordings: import.sh RECORDINGS [OUT]. Same recordings, same bytes.
set -eu
recordings=$1
here=$(cd "$(dirname "$0")" && pwd)
out=${2:-$here}
workbench() { dotnet "$here/../../artifacts/bin/Workbench.Cli/release/workbench.dll" "$@"; }
dotnet build -c Release "$here/../../src/Workbench.Cli" >/dev/null

for name in amd-nvme-randrw intel-e1000e-slirp intel-mkfs-copy intel-nic-pair intel-nvme-randrw intel-nvme-seqwrite intel-perf intel-tracecmd intel-vfio-nested sid-nvme-randrw smmuv3-nvme-randrw; do
    case $name in
        intel-perf) guest=perf.txt ;;
        intel-tracecmd) guest=trace-cmd.dat ;;
        *) guest=ftrace.txt ;;
    esac
    # In the nested recording the IOVA already is the inner guest's physical address: that is what its migration would track.
    view=gpa
    [ "$name" = intel-vfio-nested ] && view=iova
    workbench trace import --qemu "$recordings/$name.qemu.log.xz" --guest "$recordings/$name.$guest.xz" --sidecar "$recordings/$name.json" \
        --migration-view $view --license MIT --out "$out/$name.dmat"
    workbench trace info --format json "$out/$name.dmat" >"$out/$name.json"
done
