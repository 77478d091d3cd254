#!/usr/bin/env bash
# Makes sure of the few system programs the build and the tests use, and nothing else.
#
#   scripts/system.sh build    a C compiler (zstd, bzip2 and ring contain C) and Rust
#   scripts/system.sh test     the above, Python 3 with venv, the psql client, Java and its
#                              PostgreSQL driver
#
# Missing ones are installed with apt-get where that is possible (root, or sudo without a
# password). A missing compiler or Python is an error; without psql or Java their own tests say so.
set -euo pipefail

say() { printf '%s\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo -n "$@"
  else return 1
  fi
}

updated=no
install() {
  command -v apt-get >/dev/null || return 1
  say "installing $*"
  if [ "$updated" = no ]; then
    as_root apt-get update -qq >&2 || return 1
    updated=yes
  fi
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

need() { # need PROGRAM PACKAGE...: present, installed now, or an error
  local program=$1
  shift
  command -v "$program" >/dev/null || install "$@" || true
  command -v "$program" >/dev/null || { say "$program is missing: install $*"; exit 1; }
}

command -v cargo >/dev/null || { say "cargo is missing: install Rust with rustup (rustup.rs)"; exit 1; }
need cc build-essential
[ "${1:-build}" = test ] || exit 0

need python3 python3 python3-venv
python3 -c 'import ensurepip, venv' 2>/dev/null || install python3-venv \
  || { say "Python's venv module is missing: install python3-venv"; exit 1; }
command -v psql >/dev/null || install postgresql-client \
  || say "psql is missing and could not be installed: the psql tests will be skipped"
command -v javac >/dev/null || install default-jdk-headless \
  || say "Java is missing and could not be installed: the JDBC tests will be skipped"
[ -f /usr/share/java/postgresql.jar ] || install libpostgresql-jdbc-java \
  || say "libpostgresql-jdbc-java could not be installed: the JDBC tests will be skipped"
