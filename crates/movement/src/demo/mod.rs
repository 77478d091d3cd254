//! The demonstration: sample data, and the whole story on an empty two-account world.

mod inventory;
mod sample;
mod story;

pub use sample::{Sample, SampleTable};
pub use story::{DemoOptions, story};
