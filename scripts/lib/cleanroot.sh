# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A fresh Debian 12 in a folder, for what must work on a machine that has nothing.

# clean_root FOLDER: made by debootstrap unless it is there.
clean_root() {
  if [ -e "$1/usr/bin/dpkg" ]; then return; fi
  say "Making a Debian 12 with debootstrap"
  rm -rf "$1"
  quietly debootstrap --variant=minbase bookworm "$1"
  # As Debian's own image: with updates.
  printf 'deb http://deb.debian.org/debian %s main\n' bookworm bookworm-updates >"$1/etc/apt/sources.list"
}
