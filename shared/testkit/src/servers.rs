use std::path::Path;

use settings::Environment;
use stack::Settings;
use stack::artifacts::Artifacts;

/// The installed servers, for tests that start one of their own to kill it.
#[must_use]
pub fn artifacts() -> Artifacts {
    stack::artifacts::install(&local().artifacts()).expect("the servers are installed: run `make up`")
}

/// The local stack of this checkout.
pub(crate) fn local() -> Settings {
    Settings::of_checkout(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("settings of the local stack")
}

/// The environment, `.env` and the local defaults.
pub(crate) fn environment() -> Environment {
    stack::environment::load(&local().root).expect("a readable .env").into_iter().collect()
}
