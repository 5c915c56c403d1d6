#!/usr/bin/env bash
# Puts the shared libpython next to Triton, where the system has none: Debian's and Ubuntu's python3 is
# linked statically, and Triton's Python backend embeds the shared library. Needs no root.
set -euo pipefail

python=$1  # the project's Python
triton=$2  # the folder that nvidia-pytriton is installed in
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')

has_libpython() {
  "$python" - "$triton" "$version" 2> /dev/null <<'PYTHON'
import sys
from pathlib import Path
from modeldrop.local.sagemaker.triton.installation import libpython_folders

libpython_folders(Path(sys.argv[1]), sys.argv[2])
PYTHON
}

if has_libpython; then exit 0; fi
if ! command -v apt-get dpkg-deb > /dev/null; then
  echo "Triton needs libpython$version.so.1.0. Install the package that brings it, then run make again." >&2
  exit 1
fi
echo "    libpython$version (the distribution's package, unpacked into $triton/lib)"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
(cd "$folder" && apt-get -qq download "libpython$version") || {
  echo "Triton needs libpython$version.so.1.0, and it could not be fetched. Run: sudo apt-get install libpython$version" >&2
  exit 1
}
dpkg-deb --extract "$folder"/libpython*.deb "$folder/unpacked"
mkdir -p "$triton/lib"
find "$folder/unpacked" -name 'libpython*.so.1.0' -exec cp {} "$triton/lib/" \;
has_libpython
