//! Tells the linker where programs of this crate find `libduckdb.so` when they run.
//!
//! The library lies in `<target>/libduckdb`, beside the profile folders (`scripts/engine.sh` puts
//! it there), and in a distribution beside the binary. Paths relative to the program itself let a
//! target folder or an unpacked distribution move. The `bundled` build needs none of this.
#![allow(clippy::print_stdout, reason = "printing is how a build script speaks to Cargo")]

/// From `<target>/<profile>/`, from `<target>/<profile>/deps/` and `…/examples/`, and beside it.
const PLACES: [&str; 3] = ["$ORIGIN/../libduckdb", "$ORIGIN/../../libduckdb", "$ORIGIN"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_BUNDLED").is_some() {
        return;
    }
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        for place in PLACES {
            println!("cargo::rustc-link-arg=-Wl,-rpath,{place}");
        }
    }
}
