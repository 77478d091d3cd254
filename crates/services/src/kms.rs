//! (being written)

use gateway::Service;

/// The operations that are built.
pub fn service() -> Service {
    Service::new("kms", vec![])
}
