#!/bin/sh
# make.sh HOST KERNEL MODULES-DIR [QEMU-ARGUMENT…]: boots KERNEL with guest.sh and unpacks what it captured into HOST/.
# Needs qemu, a static busybox (BUSYBOX), and for md, dm and bonds the programs in TOOLS (a root with tools/ and libraries).
set -eu
host=$1 kernel=$2 modules=$3; shift 3
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mkdir -p "$work/root/bin" "$work/root/modules"
cp "${BUSYBOX:-/bin/busybox}" "$work/root/bin/busybox"
[ -z "${TOOLS:-}" ] || cp -a "$TOOLS/." "$work/root/"
cp "$here/guest.sh" "$work/root/init"; chmod +x "$work/root/init"

# the modules with what they depend on, in the order in which they can be loaded
WANTED="virtio_pci virtio_console virtio_blk virtio_net e1000e nvme virtio_scsi sd_mod sr_mod ahci
  md_mod raid1 dm_mod loop zram lzo_rle lz4 zstd bonding bridge 8021q veth wireguard dummy tun"
number=100
load() {
  line=$(grep -E "(^|/)$(echo "$1" | sed 's/[_-]/[_-]/g')\.ko[^:]*:" "$modules/modules.dep") || return 0
  for path in $(echo "${line#*:}" | tr ' ' '\n' | tac) "${line%%:*}"; do
    name=$(basename "$path"); name=${name%%.ko*}
    [ -z "$(ls "$work/root/modules/"*"-$name.ko" 2>/dev/null)" ] || continue
    number=$((number + 1)); file="$work/root/modules/$number-$name.ko"
    case $path in *.xz) xz -dc "$modules/$path" >"$file" ;; *.zst) zstd -qdc "$modules/$path" >"$file" ;; *) cp "$modules/$path" "$file" ;; esac
  done
}
for module in $WANTED; do load "$module"; done
(cd "$work/root" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/initrd"

for disk in a b c d e f; do truncate -s 64M "$work/$disk"; done
cd "$work"
"${QEMU:-qemu-system-x86_64}" -kernel "$kernel" -initrd initrd -nographic -no-reboot -m 512 \
  -device virtio-serial -chardev file,id=out,path=out.tar -device virtserialport,chardev=out \
  -append "console=${CONSOLE:-ttyS0} quiet panic=-1 net.ifnames=0" "$@" >console
grep -a -E 'FAILED|loss|wrote' console
# no clone on Windows could hold the colons of 0000:00:04.0
rm -rf "${here:?}/$host"; mkdir "$here/$host"; tar -C "$here/$host" --transform "s/:/_/g" -xf out.tar
cd "$here/$host"
# /sys is kept as it was at the first step; where no veth could be made there is no container
[ -e container-1/sys/class/net/eth0 ] || rm -rf container-*
rm -rf [2-9]/sys container-2/sys
