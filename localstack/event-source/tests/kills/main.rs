//! The event source, killed at any moment of whatever it delivers, and started again: every record is delivered with
//! success, in its partition's order, and nothing is committed before it was.

#[path = "../mapping/lambda.rs"]
#[expect(dead_code, reason = "the tests beside this one need more of it")]
mod lambda;
mod plan;
#[path = "../mapping/program.rs"]
#[expect(dead_code, reason = "the tests beside this one need more of it")]
mod program;
mod run;
#[path = "../mapping/support.rs"]
#[expect(dead_code, reason = "the tests beside this one need more of it")]
mod support;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use settings::Environment;
use tokio::task::JoinSet;

use crate::plan::{Run, runs};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn killed_at_any_moment_it_loses_nothing_and_commits_nothing_before_it_has_succeeded(runs in runs()) {
        run_all(runs);
    }
}

/// Always the same cases, so that a failure tells of the change and not of luck; `make soak` asks for others. A kill
/// costs a session's time, so a case is many runs at once, and few smaller ones are tried.
fn config() -> ProptestConfig {
    let environment = Environment::of_process();
    let cases = environment.parsed("PROPTEST_CASES", 1).expect("a number of cases");
    let seed = environment.parsed("PROPTEST_RNG_SEED", 1).expect("a seed");
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        max_shrink_iters: 10,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

#[tokio::main]
async fn run_all(runs: Vec<Run>) {
    let mut running: JoinSet<()> = runs.into_iter().map(run::run).collect();
    while let Some(ended) = running.join_next().await {
        if let Err(error) = ended {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}
