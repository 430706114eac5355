#!/bin/busybox sh
# The init of a captured host: sets up devices, works a known amount, and writes what the monitors read to a port.
# Every step may fail (a kernel without the module); what came about is in the capture, what did not in the console.
/bin/busybox --install -s /bin
mkdir -p /proc /sys /dev /out /tmp
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t tmpfs tmp /tmp
for module in /modules/*; do case $module in
  *-loop.ko) insmod "$module" max_loop=2 ;;
  *-bonding.ko) insmod "$module" max_bonds=0 mode=active-backup ;;
  *) insmod "$module" ;;
esac; done 2>/dev/null
# the shell prefers its own ip, which makes no veth
ip() { if [ -x /tools/ip ]; then /tools/ip "$@"; else busybox ip "$@"; fi; }
sleep 2
MIB=8 # written to each of the disks below
PINGS=500 # of 1,442 bytes each way, from every address

# capture N: /proc, and of /sys what tells interfaces and disks apart
capture() {
  out=/out/$1; mkdir -p "$out/proc/net"
  for file in stat meminfo loadavg net/dev diskstats uptime; do cat /proc/$file >"$out/proc/$file"; done
  for link in ${WHERE:-/sys/class/net/* /sys/block/*}; do
    [ -L "$link" ] || continue
    real=$(readlink -f "$link")
    mkdir -p "$out${link%/*}" "$out$real"
    cp -d "$link" "$out$link"
    [ -f "$real/ifindex" ] && cat "$real/uevent" >"$out$real/uevent"
    for entry in device master hidden ifindex iflink tun_flags bonding/mode bridge/stp_state dm/name md/level loop/backing_file; do
      [ -e "$real/$entry" ] || [ -L "$real/$entry" ] || continue
      mkdir -p "$(dirname "$out$real/$entry")"
      [ -L "$real/$entry" ] && cp -d "$real/$entry" "$out$real/$entry" || cat "$real/$entry" >"$out$real/$entry" 2>/dev/null
    done
    for entry in "$real"/lower_* "$real"/upper_*; do [ -L "$entry" ] && cp -d "$entry" "$out$entry"; done
    for entry in "$real"/*/partition; do
      [ -e "$entry" ] && mkdir -p "$out${entry%/*}" && cat "$entry" >"$out$entry"
    done
  done
}

try() { "$@" || echo "FAILED: $*"; }

disks() {
  printf 'n\np\n1\n\n\nw\n' | fdisk /dev/vda >/dev/null 2>&1
  try /tools/mdadm --create /dev/md0 --run --assume-clean --level=1 --raid-devices=2 /dev/vdb /dev/vdc 2>&1
  try /tools/dmsetup create volume --table '0 32768 linear /dev/sda 0'
  dd if=/dev/zero of=/tmp/image bs=1M count=16 2>/dev/null; try losetup /dev/loop0 /tmp/image
  echo 64M >/sys/block/zram0/disksize; mkswap /dev/zram0 >/dev/null; swapon /dev/zram0
}

interfaces() {
  ip link set lo up
  ip link add bond0 type bond
  for card in eth1 eth2; do ip link set $card down; ip link set $card master bond0; ip link set $card up; done
  ip link add br0 type bridge; ip link set bond0 master br0; ip link set bond0 up; ip link set br0 up
  ip link add link bond0 name bond0.7 type vlan id 7; ip link set bond0.7 up
  ip link add docker0 type bridge; ip link set docker0 up
  ip link add veth0 type veth peer name veth1; ip link set veth0 master docker0; ip link set veth0 up
  ip link add wg0 type wireguard; ip link add dummy0 type dummy; tunctl -t tun0 >/dev/null
  for card in eth0 br0; do ip link set $card up; done
  ip addr add 10.0.2.15/24 dev eth0; ip addr add 10.0.3.15/24 dev br0
  # the fast path below a failover card appears when its driver is ready
  [ -d /sys/class/net/eth3 ] && ip link set eth3 up && ip addr add 10.0.4.15/24 dev eth3
}

work() {
  for disk in /dev/nvme?n1 /dev/vda1 /dev/md0 /dev/dm-0 /dev/loop0; do
    [ -b $disk ] && dd if=/dev/zero of=$disk bs=1M count=$MIB oflag=direct 2>/dev/null && echo "wrote $MIB MiB to $disk"
  done
  for address in 10.0.2.2 10.0.3.2 10.0.4.2; do talk $address; done
}

talk() { ping -q -c $PINGS -i 0.002 -s 1400 "$1" | grep loss; }

disks; interfaces; sleep 5
ip link
capture 1; work; sync; sleep 3; capture 2
# a processor is taken away and comes back
echo 0 >/sys/devices/system/cpu/cpu1/online; sleep 2; capture 3
echo 1 >/sys/devices/system/cpu/cpu1/online; sleep 2; capture 4
# a card is pulled and plugged in again
card=$(readlink -f /sys/class/net/eth0/device); while [ ! -e "$card/remove" ] && [ "$card" != / ]; do card=${card%/*}; done
echo 1 >"$card/remove"; sleep 2; capture 5
echo 1 >/sys/bus/pci/rescan; sleep 3; capture 6
try /tools/rtcwake -m mem -s 3 >/dev/null 2>&1; sleep 1; capture 7
# a container that talks to its host: its own network with nothing but a veth, and its own /sys
unshare -n -m sh -c 'echo $$ >/tmp/pid; mount -t sysfs sys /sys; exec sleep 60' & sleep 1
inside() { nsenter -n -m -t "$(cat /tmp/pid)" "$@"; }
ip link set veth1 netns "$(cat /tmp/pid)"; ip addr add 172.17.0.1/16 dev docker0
inside /tools/ip link set lo up; inside /tools/ip link set veth1 name eth0; inside /tools/ip link set eth0 up
inside /tools/ip addr add 172.17.0.2/16 dev eth0; sleep 5
sed -n '/^capture() {/,/^}/p' /init >/tmp/capture; echo "WHERE='/sys/class/net/*'" >>/tmp/capture; echo 'capture "$1"' >>/tmp/capture
capture 8; inside sh /tmp/capture container-1
talk 172.17.0.2; sleep 2
capture 9; inside sh /tmp/capture container-2
uname -a >/out/uname
tar -C /out -cf /dev/vport0p1 . || tar -C /out -cf "$(ls /dev/vport* | head -1)" .
reboot -f
