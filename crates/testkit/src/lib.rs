//! An in-process world for tests: every service that is built behind the real gateway, on a
//! throw-away state, with a clock that is moved by hand and randomness from a seed.
//!
//! ```text
//! let world = World::new();
//! let admin = world.admin("prod");
//! world.ok(&admin, "secretsmanager", "CreateSecret", json!({ "Name": "s", "SecretString": "x" }));
//! let dev = world.user("dev", "eve", &[]);
//! check(world.told(&dev, "sts", "AssumeRole", json!({ … })), expect![[r#"403 AccessDenied: …"#]]);
//! ```
//!
//! [`World::call`] goes the whole way: written by the client half of `wire`, signed, served by
//! [`gateway::Gateway::serve`], read back. [`World::inside`] goes past the bytes. This crate is for
//! tests only and must know nothing of how a service keeps its state; a world that cannot be set
//! up fails the test. Start reading at `world.rs`.

mod audit;
mod check;
mod determined;
mod exchange;
mod inputs;
mod people;
mod world;

pub use check::{check, fail, must};
pub use determined::{HandClock, Seeded};
pub use exchange::{Answer, Request};
pub use inputs::smallest;
pub use people::{Caller, allow, deny, document, trusting};
pub use world::{ACCOUNTS, REGION, World};
