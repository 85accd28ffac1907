#!/bin/sh
# Installs the Debian packages that are missing of some sections of a list (.ci/packages): LIST SECTION... Says nothing when all are there.
set -eu
list=$1
shift

missing=
for package in $(awk -v sections=" $* " '/^\[/ { wanted = index(sections, " " substr($1, 2, length($1) - 2) " ") } /^[a-z]/ && wanted' "$list"); do
    if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
        missing="$missing $package"
    fi
done
[ -n "$missing" ] || exit 0

echo "Installing:$missing" >&2
if [ "$(id -u)" != 0 ]; then
    echo "Not root: run 'apt-get install$missing' first." >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
apt-get install -y --no-install-recommends $missing >/dev/null 2>&1 || {
    apt-get update >&2
    apt-get install -y --no-install-recommends $missing >&2
}
