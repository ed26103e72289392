//! How much memory an environment holds, against its limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Watches the processes of one environment.
#[derive(Clone)]
pub(crate) struct Memory {
    leader: i32,
    /// In bytes.
    limit: u64,
    interval: Duration,
    peak: Arc<AtomicU64>,
}

impl Memory {
    pub(crate) fn of(leader: i32, limit_mb: u32, interval: Duration) -> Self {
        Self { leader, limit: u64::from(limit_mb) << 20, interval, peak: Arc::default() }
    }

    /// Looks at intervals at all processes; ends when they hold more than the limit, with what they hold.
    pub(crate) async fn past_limit(self) -> u64 {
        let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + self.interval, self.interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let together = now_of(self.leader) + now_of_descendants(self.leader);
            let used = self.note(together.max(most_of(self.leader)));
            if used > self.limit {
                return used;
            }
        }
    }

    /// The most that the function's own process has held, where that is more than the limit. Unlike a look at an interval it misses
    /// no peak, and none of the processes that this one has started is in it.
    pub(crate) fn passed_limit(&self) -> Option<u64> {
        let used = self.note(most_of(self.leader));
        (used > self.limit).then_some(used)
    }

    /// The most that was seen, in bytes.
    pub(crate) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }

    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    fn note(&self, used: u64) -> u64 {
        self.peak.fetch_max(used, Ordering::Relaxed);
        used
    }
}

/// Whether this system says what a process holds. Where it does not, nothing is ever past its limit.
pub(crate) fn is_known() -> bool {
    cfg!(target_os = "linux")
}

/// The most resident memory that a process has had since it started, in bytes; zero where it is gone.
fn most_of(pid: i32) -> u64 {
    status(pid, "VmHWM:")
}

fn now_of(pid: i32) -> u64 {
    status(pid, "VmRSS:")
}

fn now_of_descendants(pid: i32) -> u64 {
    children(pid).into_iter().map(|child| now_of(child) + now_of_descendants(child)).sum()
}

fn status(pid: i32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let value = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    let kilobytes: u64 = value.trim().trim_end_matches("kB").trim_end().parse().unwrap_or_default();
    kilobytes << 10
}

/// Each thread has children of its own.
fn children(pid: i32) -> Vec<i32> {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect()
}
