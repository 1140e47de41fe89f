#!/bin/sh
# Fetches the tests of CPython and Go as Debian packs them. Usage: fetch.sh [DIRECTORY]; without one, to where the tests look.
set -eu
target=${1:-${HOPX_TEST_SUITES:-${XDG_CACHE_HOME:-$HOME/.cache}/hopx-test-suites}}
download=$(mktemp -d)
trap 'rm -rf "$download"' EXIT
cd "$download"
# A new machine may know no packages yet.
apt-cache show libpython3.11-testsuite golang-1.19-src > /dev/null 2>&1 || apt-get update
apt-get download libpython3.11-testsuite golang-1.19-src
mkdir -p "$target"
for package in *.deb; do
    rm -rf "$target/${package%%_*}"
    dpkg-deb -x "$package" "$target/${package%%_*}"
done
