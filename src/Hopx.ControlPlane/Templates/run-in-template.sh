# Runs one command in a built root file system, without network. Starts like build-template.sh.
# usage: run-in-template.sh ROOT WORKDIR COMMAND NAME=VALUE...
set -eu
root=$1
workdir=$2
command=$3
shift 3
exec 3<&0 </dev/null 2>&1

mount -t tmpfs -o mode=0755,size=1m hopx /tmp
mkdir /tmp/root
mount --no-canonicalize --bind "./$root" /tmp/root
root=/tmp/root
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=0755,size=1m hopx "$root/dev"
for device in null zero full random urandom; do
  : > "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
mkdir "$root/dev/shm"
mount -t tmpfs -o mode=1777,size=256m hopx "$root/dev/shm"
# What the command leaves behind must not become part of the template.
mount -t tmpfs -o mode=1777,size=1g hopx "$root/tmp"
cd /

{ cat <&3 >/dev/null; kill -KILL -1; } &
exec 3<&-
chroot "$root" env -i "$@" sh -c 'cd "$1" && eval "$2"' sh "$workdir" "$command" &
wait "$!"
