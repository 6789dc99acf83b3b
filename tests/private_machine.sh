# Becomes the first process of a machine of its own: systemd over the programs of this machine, which it cannot write to.
# Run by tests/private_machine.py in new mount, process, host-name, IPC and control-group namespaces. The network is shared.
#   $1 an empty folder for the root; $2 a folder whose contents are laid over it; then pairs: source, place to show it (read-only)
set -eu
root=$1 contents=$2
shift 2

show() {
    mkdir -p "$2"
    mount --bind "$1" "$2"
    mount -o remount,bind,ro "$2"
}

lock() {
    [ -e "$1" ] || return 0
    mount --bind "$1" "$1"
    mount -o remount,bind,ro "$1"
}

mount --make-rprivate /
mount -t tmpfs -o mode=0755 machine "$root"
cd "$root"
mkdir -p etc proc sys dev run/systemd run/lock tmp var/lib var/log/journal var/tmp opt root home old
chmod 1777 tmp var/tmp
chmod 0700 root
show /usr usr
for name in bin sbin lib lib32 lib64 libx32; do
    if [ -L "/$name" ]; then cp -a "/$name" .; elif [ -d "/$name" ]; then show "/$name" "$name"; fi
done

# Its own settings, and of the distribution's units only what a service can ask for: nothing here tunes a kernel.
cp -a /etc/. etc
rm -rf etc/systemd/system etc/systemd/system.conf.d etc/machine-id
mkdir -p etc/systemd/system units none local/bin local/sbin
cp -a "$contents/." .
chmod 0755 .
for unit in systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket dbus.service dbus.socket; do
    cp "/lib/systemd/system/$unit" units
done
for target in sysinit basic sockets multi-user network-online time-sync shutdown; do
    printf '[Unit]\nDefaultDependencies=no\n' >"units/$target.target"
done
printf 'Wants=systemd-journald.socket systemd-journald-dev-log.socket dbus.socket\n' >>units/multi-user.target
mount --bind units usr/lib/systemd/system
mount --bind none usr/lib/systemd/system-generators
mount --bind local usr/local
while [ $# -gt 0 ]; do
    show "$1" ".$2"
    shift 2
done

mount -t proc proc proc
lock proc/sys
lock proc/sysrq-trigger
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=0755 devices dev
for device in null zero full random urandom tty; do
    touch "dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=1777 memory dev/shm
mount -t tmpfs -o mode=0755 run run
chroot . /sbin/ldconfig

pivot_root . old
umount -l old
mount --make-rshared /  # systemd hands credentials to services by mounts that spread
export container=private
exec /lib/systemd/systemd --system --unit=multi-user.target --log-target=journal --show-status=no
