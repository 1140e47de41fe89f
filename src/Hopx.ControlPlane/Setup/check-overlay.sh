# Tries in the current directory what a sandbox needs of it: an overlay whose upper layer lies there.
# usage: check-overlay.sh NAME UID
set -u
mkdir -p "$1" && cd "$1" || exit 1
try() { mkdir -p "$1/lower" "$1/upper" "$1/work" "$1/merged" && mount -t overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" hopx "$1/merged" && : > "$1/merged/file" && umount "$1/merged"; }

# Where the file system itself cannot hold one, a file with an ext4 file system in it can; only root may mount that.
in_image() {
  [ "$1" = 0 ] && mkdir -p disk && truncate -s 16M disk.img && mkfs.ext4 -q disk.img && mount -o loop disk.img disk && try disk
}

complaint=$(try . 2>&1)
result=$?
if [ "$result" != 0 ] && in_image "$2" >/dev/null 2>&1; then result=0; fi
umount disk 2>/dev/null
cd ..
rm -rf "$1"
printf '%s\n' "$complaint"
exit "$result"
