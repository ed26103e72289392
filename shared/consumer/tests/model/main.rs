//! The engine against a model that has one thread and one event at a time: whatever is delivered, in whatever batches, again, by
//! two environments at once, and by ones that die, must end where the model ends.

mod case;
mod crash;
mod expiry;
mod log;
mod oracle;
mod state;
mod subject;
mod world;

use std::cell::{Cell, RefCell};
use std::io::Write;

use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestCaseError, TestError, TestRunner};
use settings::Environment;
use tokio::runtime::{Builder, Runtime};

use crate::case::Case;
use crate::log::Log;
use crate::world::World;

/// Of each property, always the same, so that a failure tells of the change and not of luck; `make soak` asks for others.
const CASES: u32 = 200;
const SEED: u64 = 1;
/// After so many a soak says where it is.
const PROGRESS: u32 = 250;
const FAILURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/model/failures.txt");

#[test]
fn whatever_happens_on_the_way_the_end_is_that_of_the_model() {
    hold("end of the model", false, |runtime, world, case, log| {
        let expected = oracle::expected(log);
        let observed = runtime.block_on(world.run(case, log))?;
        equal(&expected.differences(&observed))
    });
}

#[test]
fn a_consumer_that_tells_duplicates_by_its_own_table_ends_where_the_model_ends() {
    hold("own inbox", true, |runtime, world, case, log| {
        let expected = oracle::expected(log);
        let observed = runtime.block_on(world.run(case, log))?.without_replays(&expected);
        equal(&expected.without_inbox().differences(&observed.without_inbox()))
    });
}

#[test]
fn what_waits_too_long_is_a_dead_letter_and_what_stood_behind_it_goes_on() {
    hold("expiry", false, |runtime, world, case, log| {
        let before = runtime.block_on(world.run(case, log))?;
        let after = runtime.block_on(world.expire())?;
        equal(&expiry::wrong(log, &before, &after).join("\n"))
    });
}

fn equal(differences: &str) -> Result<(), TestCaseError> {
    if differences.is_empty() { Ok(()) } else { Err(TestCaseError::fail(differences.to_owned())) }
}

/// Runs the cases of a property. Panics with the smallest case that fails, whose seed is kept.
fn hold(name: &str, own: bool, property: impl Fn(&Runtime, &mut World, &Case, &Log) -> Result<(), TestCaseError>) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let environment = Environment::of_process();
    let cases = environment.parsed("PROPTEST_CASES", CASES).expect("a number of cases");
    let seed = environment.parsed("PROPTEST_RNG_SEED", SEED).expect("a seed");
    let config = Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        max_shrink_iters: 2000,
        max_shrink_time: 120_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(FAILURES))),
        ..Config::default()
    };
    let world = RefCell::new(runtime.block_on(World::new(own)));
    let (held, failed) = (Cell::new(0_u32), Cell::new(false));
    let result = TestRunner::new(config).run(&case::case(), |case| {
        let result = property(&runtime, &mut world.borrow_mut(), &case, &Log::of(&case));
        held.set(held.get() + 1);
        failed.set(failed.get() || result.is_err());
        if held.get().is_multiple_of(PROGRESS) && !failed.get() {
            let _ = writeln!(std::io::stderr(), "{name}: {} of {cases} cases", held.get());
        }
        result
    });
    let _of_the_connections = runtime.enter();
    drop(world);
    if let Err(TestError::Fail(why, case)) = &result {
        panic!("{why}\nof the case\n{}{:#?}\nwhose seed stands in {FAILURES}", Log::of(case), case.steps);
    }
    result.expect("cases can be made");
}
