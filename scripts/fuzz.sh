#!/usr/bin/env bash
# Runs fuzz targets one after the other: scripts/fuzz.sh TARGET_DIR MINUTES [TARGET...]
# Needs the nightly compiler and cargo-fuzz; says how to get them.
set -euo pipefail

target_dir=$1 minutes=$2
shift 2
root=$(cd "$(dirname "$0")/.." && pwd)
if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
  echo "fuzzing needs: rustup toolchain install nightly && cargo install --locked cargo-fuzz" >&2
  exit 1
fi
eval "$("$root/scripts/engine.sh" "$target_dir")"
export CARGO_TARGET_DIR=$target_dir/fuzz
corpus=$CARGO_TARGET_DIR/corpus
cd "$root"
# Sanitizers look for mistakes of unsafe code, of which nothing tried here has any; without them
# more is tried.
cargo +nightly fuzz build --sanitizer none
cargo +nightly run --quiet --release --manifest-path fuzz/Cargo.toml --example seeds -- "$corpus" "$root"
[ $# -gt 0 ] || mapfile -t targets < <(cargo +nightly fuzz list)
for name in "${@:-${targets[@]}}"; do
  mkdir -p "$corpus/$name"
  cargo +nightly fuzz run --sanitizer none "$name" "$corpus/$name" -- \
    -max_total_time=$((minutes * 60)) -rss_limit_mb=2048 -timeout=20 -max_len=65536 \
    -print_final_stats=1 -verbosity=0
done
