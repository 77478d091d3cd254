//! UNLOAD against an in-memory cloud: bytes, names, manifests, errors.

mod columnar;
mod errors;
mod fake;
mod formats;
mod options;
