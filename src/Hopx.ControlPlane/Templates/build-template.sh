# Builds a root file system. Runs as root of new user, mount and pid namespaces, in the templates directory,
# because only relative paths lead anywhere: the invoking user's directories are closed to the ids mapped here.
# usage: build-template.sh ROOT PACKAGES MMDEBSTRAP-ARGUMENT...
set -eu
root=$1
packages=$2
shift 2
exec 3<&0 </dev/null 2>&1

mount -t tmpfs -o mode=1777,size=256m hopx /tmp
mkdir /tmp/root /tmp/packages
mount --no-canonicalize --bind "./$root" /tmp/root
mount --no-canonicalize --bind "./$packages" /tmp/packages
cd /

# Standard input ends when the build is cancelled, and also when the program that wants it was killed.
{ cat <&3 >/dev/null; kill -KILL -1; } &
exec 3<&-
mmdebstrap "$@" &
wait "$!"
