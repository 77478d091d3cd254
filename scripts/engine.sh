#!/usr/bin/env bash
# Provides the SQL engine and prints shell assignments for the cargo commands that follow:
#
#   eval "$(scripts/engine.sh TARGET_DIR)"
#   cargo build -p landbridge $ENGINE_FEATURES
#
# Prebuilt (x86_64 Linux with glibc): `libduckdb.so` from DuckDB's own npm package, pinned by
# version and hash, into TARGET_DIR/libduckdb. It links in seconds.
# Bundled (any other machine, no npm, no registry, or ENGINE=bundled): the sources inside the
# `libduckdb-sys` crate, about 25 minutes on two cores, once.
set -euo pipefail

PACKAGE=@duckdb/node-bindings-linux-x64@1.5.6-r.1
LIBRARY_SHA256=3f4962cdd266eab2b479a5b5a4a6d063d279b2954ae814ed00385d553b747633

target=${1:?usage: engine.sh TARGET_DIR}
directory=$target/libduckdb
library=$directory/libduckdb.so

say() { printf '%s\n' "$*" >&2; }
intact() { [ -f "$1" ] && printf '%s  %s\n' "$LIBRARY_SHA256" "$1" | sha256sum --check --status; }

prebuilt_fits() {
  [ "$(rustc -vV | sed -n 's/^host: //p')" = x86_64-unknown-linux-gnu ]
}

fetch() {
  command -v npm >/dev/null || { say "npm is not installed"; return 1; }
  mkdir -p "$directory"
  local work
  work=$(mktemp -d "$directory/fetch.XXXXXX")
  say "fetching the SQL engine: $PACKAGE"
  if (cd "$work" && npm pack --silent "$PACKAGE" >/dev/null \
      && tar -xzf ./*.tgz package/libduckdb.so package/LICENSE) \
      && intact "$work/package/libduckdb.so"; then
    mv "$work/package/LICENSE" "$directory/LICENSE"
    mv "$work/package/libduckdb.so" "$library" # last, and atomic: its presence means done
    rm -rf "$work"
  else
    rm -rf "$work"
    say "the package could not be fetched, or is not the one pinned here"
    return 1
  fi
}

if [ "${ENGINE:-prebuilt}" = prebuilt ] && prebuilt_fits && { intact "$library" || fetch; }; then
  printf 'export DUCKDB_LIB_DIR=%q\n' "$directory"
  printf 'export ENGINE_FEATURES=\n'
else
  say "the SQL engine is compiled from source (about 25 minutes, once)"
  printf 'unset DUCKDB_LIB_DIR\n'
  printf 'export ENGINE_FEATURES=%q\n' '--features landbridge/bundled'
fi
