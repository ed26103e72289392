//! The audit log, whatever environments, ticks, redrives and erasures do at once: its chains hold, and each event that took effect or
//! turned out stale is on record once, in the chain of where it came from.

mod case;
mod world;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use settings::Environment;

use crate::case::{Case, cases};
use crate::world::World;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn each_event_is_on_record_once_and_every_chain_holds(case in cases()) {
        run(&case);
    }
}

/// Always the same cases, so that a failure tells of the change and not of luck; `make soak` asks for others.
fn config() -> ProptestConfig {
    let environment = Environment::of_process();
    let cases = environment.parsed("PROPTEST_CASES", 24).expect("a number of cases");
    let seed = environment.parsed("PROPTEST_RNG_SEED", 1).expect("a seed");
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(seed), max_shrink_iters: 200, ..ProptestConfig::default() }
}

#[tokio::main(flavor = "current_thread")]
async fn run(case: &Case) {
    let mut world = World::new(case).await;
    for step in &case.steps {
        world.take(step).await;
        world.check().await;
    }
    world.finish().await;
    world.check().await;
}
