#!/usr/bin/env bash
# Packs the release binary: dist/landbridge-VERSION-HOST.tar.gz. The SQL engine's library goes
# beside the binary, unless it is compiled in (ENGINE=bundled).
set -euo pipefail

target=${1:?usage: dist.sh TARGET_DIR}
version=$("$target/release/landbridge" --version | cut -d' ' -f2)
name=landbridge-$version-$(rustc -vV | sed -n 's/^host: //p')

rm -rf "dist/$name"
mkdir -p "dist/$name"
cp "$target/release/landbridge" LICENSE README.md "dist/$name/"
if ldd "$target/release/landbridge" | grep -q libduckdb; then
  cp "$target/libduckdb/libduckdb.so" "dist/$name/"
  cp "$target/libduckdb/LICENSE" "dist/$name/LICENSE.duckdb"
fi
tar -C dist -czf "dist/$name.tar.gz" "$name"
"dist/$name/landbridge" --version >&2 # it finds its library where it now lies
printf '%s\n' "dist/$name.tar.gz"
