//! Random calls of several accounts, with restarts, against a model that knows nothing of ours.
//!
//! Each step is one call through the bytes. `rules.rs` says by the documented rules of IAM, written
//! down a second time for a small language, whether it must be let in; `model.rs` holds what must
//! be there. After each step exactly one record of that call is new, in the trails of both accounts
//! if two are concerned, and every other new record is of a call that a service made for it. After
//! each restart the whole state is compared.
//!
//! A failure names its seed: `LANDBRIDGE_SEED=17 cargo nextest run -p services -E 'test(simulation)'`
//! replays it. `LANDBRIDGE_LONG=1` runs many more.

mod calls;
mod model;
mod rules;

use calls::Simulation;

/// Steps of one seed.
const STEPS: usize = 300;

fn seeds() -> Vec<u64> {
    if let Ok(seed) = std::env::var("LANDBRIDGE_SEED") {
        return vec![seed.parse().unwrap()];
    }
    let count = if std::env::var_os("LANDBRIDGE_LONG").is_some() { 200 } else { 3 };
    (1..=count).collect()
}

#[test]
fn random_calls_keep_to_the_rules_and_to_the_model() {
    let (mut allowed, mut denied, mut across) = (0, 0, 0);
    for seed in seeds() {
        let mut simulation = Simulation::new(seed);
        for step in 0..STEPS {
            let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| simulation.step()));
            if let Err(panic) = told {
                eprintln!("LANDBRIDGE_SEED={seed}: step {step}: {}", simulation.last);
                std::panic::resume_unwind(panic);
            }
        }
        simulation.restart();
        allowed += simulation.allowed;
        denied += simulation.denied;
        across += simulation.across;
    }
    // A simulation in which nothing is denied, or nothing let across, would prove nothing.
    assert!(denied > 50 && allowed > 30 && across > 10, "{allowed} {denied} {across}");
}
