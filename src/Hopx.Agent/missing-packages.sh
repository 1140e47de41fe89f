#!/bin/sh
# Prints what publishing a native program lacks here, by Debian's names. The compiler itself is asked for headers, so it holds on every distribution.
# HostPackage.ForAgentBuild is the same list.
for need in gcc:gcc lld:ld.lld cmake:cmake make:make; do
  command -v "${need#*:}" >/dev/null || echo "${need%%:*}"
done
for need in libc6-dev:stdlib.h libssl-dev:openssl/ssl.h zlib1g-dev:zlib.h; do
  echo "#include <${need#*:}>" | gcc -E - >/dev/null 2>&1 || echo "${need%%:*}"
done
