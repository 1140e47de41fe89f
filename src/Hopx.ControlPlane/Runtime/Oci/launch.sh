#!/bin/sh
# Runs in a private mount namespace: makes the sandbox's root out of mounts that nobody else sees, then becomes the OCI runtime.
# What is mounted here vanishes with the last process of the sandbox; nothing has to be unmounted.
#
# launch.sh STAGE SANDBOX TEMPLATE AGENT DESKTOP OWNER IMAGE OVERLAY-OPTIONS RUNTIME...
#   STAGE    directory that any user may enter; what it holds is hidden, only here, under our mounts
#   SANDBOX  the sandbox's directory: seed/ when it is new; when it ran before, layer/, or disk.img with a file that says so
#   DESKTOP  the program for templates with a desktop; empty for others
#   OWNER    UID:GID of the sandbox's user 0, as seen from here
#   IMAGE    yes: a file system in a file is to hold what a new sandbox writes, so that it has a size; no: a directory
set -eu
stage=$1 sandbox=$2 template=$3 agent=$4 desktop=$5 owner=$6 image=$7 options=$8
shift 8

# Descriptors and relative names go on working when STAGE hides the paths, and need no quoting inside mount options.
cd "$sandbox"
: >agent.log
exec 3<"$template" 4<"$agent" 5<"${desktop:-/dev/null}"
mount -t tmpfs -o mode=0755,size=1m,nosuid,nodev hopx "$stage"
: >"$stage/agent"

desktop_mount=
if [ -n "$desktop" ]; then
  : >"$stage/desktop"
  desktop_mount="/proc/self/fd/5 $stage/desktop none bind"
fi

if [ -e formatted ]; then
  e2fsck -p disk.img >&2 || [ $? -le 1 ]
elif [ -d seed ]; then
  chown -R "$owner" seed
  if [ "$image" = yes ]; then
    # No journal: the image lives as long as its sandbox, and a check mends it after a crash of the machine.
    mkfs.ext4 -q -m 0 -O '^has_journal,^resize_inode' -E nodiscard,lazy_itable_init=1 -d seed disk.img
    : >formatted
  else
    mv seed layer
  fi
fi

layer=layer image_mount=
if [ -e formatted ]; then
  layer=$stage/disk
  image_mount="disk.img $layer ext4 loop,nosuid,nodev,noatime,discard,X-mount.mkdir"
fi

# One program for all of them, since to start a program costs more than to mount.
cat >"$stage/mounts" <<MOUNTS
$image_mount
hopx $stage/root overlay lowerdir=/proc/self/fd/3,upperdir=$layer/upper,workdir=$layer/work,nosuid,nodev$options,X-mount.mkdir
/proc/self/fd/4 $stage/agent none bind
run $stage/run none bind,X-mount.mkdir
$desktop_mount
MOUNTS
mount -a -T "$stage/mounts"
exec 3<&- 4<&- 5<&-

# From here on errors are the runtime's or the agent's own, and go where the agent's go.
exec "$@" </dev/null >>agent.log 2>&1
