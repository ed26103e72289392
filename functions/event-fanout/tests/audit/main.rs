//! The audit log, whatever environments, ticks, redrives and erasures do at once: its chains hold, and each event that took effect or
//! turned out stale is on record once, in the chain of where it came from.

mod case;
mod world;

use proptest::prelude::*;

use crate::case::{Case, cases};
use crate::world::World;

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn each_event_is_on_record_once_and_every_chain_holds(case in cases()) {
        run(&case);
    }
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
