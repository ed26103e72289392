use std::sync::LazyLock;

use settings::Environment;
use testkit::Log;

/// Whatever a function writes, of all tests of this binary: what one thread alone listens to, another may have switched off.
pub(crate) fn log() -> Log {
    static ALL: LazyLock<Log> = LazyLock::new(|| {
        let log = Log::default();
        lambda::init_logs_to(&Environment::default(), log.clone()).unwrap();
        log
    });
    ALL.clone()
}
