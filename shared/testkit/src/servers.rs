use std::path::Path;

use settings::Environment;
use stack::Settings;
use stack::artifacts::Artifacts;

/// The installed servers, for tests that start one of their own to kill it.
#[must_use]
pub fn artifacts() -> Artifacts {
    let root = stack::environment::checkout(None, Path::new(env!("CARGO_MANIFEST_DIR"))).expect("a checkout");
    let settings = Settings::new(root, &Environment::of_process()).expect("settings of the local stack");
    stack::artifacts::install(&settings.artifacts()).expect("the servers are installed: run `make up`")
}
