//! Free ports, and who holds one that is not.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, DirEntry};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use nix::unistd::{Uid, User};

use crate::process;

/// A port of 127.0.0.1 that nothing listens on, never given twice in one process.
///
/// Taken from below the range that the kernel gives to outgoing connections, so that none of those takes it while
/// its server is away for a moment.
pub fn free_port() -> u16 {
    static NEXT: OnceLock<AtomicU16> = OnceLock::new();
    let next = NEXT.get_or_init(|| AtomicU16::new(rand::random()));
    loop {
        let port = 20_000 + next.fetch_add(1, Ordering::Relaxed) % 12_000;
        if !is_taken(port) {
            return port;
        }
    }
}

/// Whether something listens on the port.
pub(crate) fn is_taken(port: u16) -> bool {
    let address = (Ipv4Addr::LOCALHOST, port);
    TcpStream::connect_timeout(&address.into(), Duration::from_millis(300)).is_ok()
        || TcpListener::bind(address).is_err()
}

/// Who listens on a port, as far as it can be seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// Process id and name; unknown where the process is another user's.
    pub process: Option<(i32, String)>,
    /// The user's name or number.
    pub user: Option<String>,
}

impl fmt::Display for Holder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.process, &self.user) {
            (Some((pid, name)), _) => write!(out, "{name} (process {pid})"),
            (None, Some(user)) => write!(out, "a process of user {user}"),
            (None, None) => write!(out, "another process"),
        }
    }
}

/// Who listens on `port`; `None` where nothing does.
#[must_use]
pub fn holder(port: u16) -> Option<Holder> {
    if !is_taken(port) {
        return None;
    }
    let (inodes, user) = sockets(port);
    let pid = owner(&inodes).or_else(|| lsof(port));
    Some(Holder { process: pid.map(|pid| (pid, process::name(pid).unwrap_or_else(|| "a process".into()))), user })
}

/// The inodes of the listening sockets on `port` and the user they belong to, from Linux's tables.
fn sockets(port: u16) -> (BTreeSet<String>, Option<String>) {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    let suffix = format!(":{port:04X}");
    let mut inodes = BTreeSet::new();
    let mut user = None;
    for line in tables.iter().flat_map(|table| table.lines()) {
        let fields: Vec<_> = line.split_ascii_whitespace().collect();
        if let [_, local, _, "0A", _, _, _, uid, _, inode, ..] = fields[..]
            && local.ends_with(&suffix)
        {
            inodes.insert(format!("socket:[{inode}]"));
            let named = uid.parse().ok().and_then(|uid| User::from_uid(Uid::from_raw(uid)).ok().flatten());
            user = Some(named.map_or_else(|| uid.to_owned(), |user| user.name));
        }
    }
    (inodes, user)
}

/// The oldest process that has one of the sockets open: a server's workers come after it.
fn owner(inodes: &BTreeSet<String>) -> Option<i32> {
    let is_one =
        |file: DirEntry| fs::read_link(file.path()).is_ok_and(|target| inodes.contains(&*target.to_string_lossy()));
    process::all()
        .filter(|pid| fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten().any(is_one))
        .min()
}

fn lsof(port: u16) -> Option<i32> {
    let found = Command::new("lsof").args(["-nP", &format!("-iTCP:{port}"), "-sTCP:LISTEN", "-Fp"]).output().ok()?;
    String::from_utf8_lossy(&found.stdout).lines().find_map(|line| line.strip_prefix('p')?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_held_names_its_process() {
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, free_port())).unwrap();
        let found = holder(held.local_addr().unwrap().port()).unwrap();
        assert_eq!(found.process.unwrap().0, i32::try_from(std::process::id()).unwrap());
    }

    #[test]
    fn a_port_held_on_every_address_is_not_free() {
        let held = TcpListener::bind(("0.0.0.0", free_port())).unwrap();
        assert!(is_taken(held.local_addr().unwrap().port()));
    }
}
