use std::fs;

use rustix::net::getpeername;
use rustix::net::sockopt::tcp_nodelay;
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use settings::Environment;
use testkit::TestDatabase;

/// Of each TCP socket of this process that is connected, whether it sends small messages at once.
fn sockets() -> Vec<bool> {
    let this_process = pidfd_open(getpid(), PidfdFlags::empty()).unwrap();
    let files = fs::read_dir("/proc/self/fd").unwrap().filter_map(|file| file.ok()?.file_name().to_str()?.parse().ok());
    let sockets = files.filter_map(|file| pidfd_getfd(&this_process, file, PidfdGetfdFlags::empty()).ok());
    sockets.filter(|socket| getpeername(socket).is_ok()).filter_map(|socket| tcp_nodelay(&socket).ok()).collect()
}

#[tokio::test]
async fn the_end_of_a_statement_does_not_wait_for_an_acknowledgement_of_its_beginning() {
    let database = TestDatabase::new().await;
    let environment =
        Environment::from_iter([("DATABASE_URL", database.url()), ("DATABASE_MAX_CONNECTIONS", "2".to_owned())]);
    let pool = store::pool(&environment).unwrap();
    let (_one, _two) = (pool.acquire().await.unwrap(), pool.acquire().await.unwrap());
    let of_the_pool = sockets().into_iter().filter(|sends_at_once| *sends_at_once).count();
    assert!(of_the_pool >= 2, "{:?}", sockets());
}
