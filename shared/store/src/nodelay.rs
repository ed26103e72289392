//! Sends small messages at once. sqlx 0.9.0 leaves `TCP_NODELAY` off (launchbadge/sqlx issue 4335), so that what a statement sends last waits
//! until the server has acknowledged what came before: 40 ms, again and again. Goes once sqlx sets it itself.

use std::fs;
use std::io;

use rustix::net::sockopt::set_tcp_nodelay;
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

/// Sets it on every TCP socket of this process: sqlx shows nobody its own, and none of the others wants to wait. Where that is forbidden, as
/// a sandbox may, statements take longer and no connection fails.
pub(crate) fn set() {
    set_on_sockets().ok();
}

fn set_on_sockets() -> io::Result<()> {
    let this_process = pidfd_open(getpid(), PidfdFlags::empty())?;
    for file in fs::read_dir("/proc/self/fd")? {
        let Some(number) = file?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // What has been closed meanwhile, or is no TCP socket, needs none.
        if let Ok(socket) = pidfd_getfd(&this_process, number, PidfdGetfdFlags::empty()) {
            set_tcp_nodelay(&socket, true).ok();
        }
    }
    Ok(())
}
