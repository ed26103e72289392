//! The engine against a model that has one thread and one event at a time: whatever is delivered, in whatever batches, again, by
//! two environments at once, and by ones that die, must end where the model ends.

mod case;
mod crash;
mod log;
mod oracle;
mod state;
mod subject;
mod world;

use std::cell::{Cell, RefCell};
use std::io::Write;

use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestError, TestRunner};
use settings::Environment;

use crate::log::Log;
use crate::world::World;

/// Of each property; `make soak` asks for others.
const CASES: u32 = 200;
/// After so many a soak says where it is.
const PROGRESS: u32 = 250;
const FAILURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/model/failures.txt");

#[test]
fn whatever_happens_on_the_way_the_end_is_that_of_the_model() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut world = Some(runtime.block_on(World::new()));
    let cases = Environment::of_process().parsed("PROPTEST_CASES", CASES).expect("a number of cases");
    let config = Config {
        cases,
        max_shrink_iters: 2000,
        max_shrink_time: 120_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(FAILURES))),
        ..Config::default()
    };
    let done = Cell::new(0_u32);
    let world = RefCell::new(world.take().expect("it was just made"));
    let result = TestRunner::new(config).run(&case::case(), |case| {
        let log = Log::of(&case);
        let expected = oracle::expected(&log);
        let observed = runtime.block_on(world.borrow_mut().run(&case, &log))?;
        done.set(done.get() + 1);
        if done.get().is_multiple_of(PROGRESS) {
            let _ = writeln!(std::io::stderr(), "{} of {cases} cases", done.get());
        }
        if observed == expected {
            return Ok(());
        }
        Err(TestCaseError::fail(expected.differences(&observed)))
    });
    if let Err(TestError::Fail(why, case)) = &result {
        panic!("{why}\nof the case\n{}{:#?}\nwhose seed stands in {FAILURES}", Log::of(case), case.steps);
    }
    result.expect("cases can be made");
    let _keep_until_dropped_in_its_runtime = runtime.enter();
    drop(world);
}
