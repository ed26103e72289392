use std::fs;
use std::path::Path;

/// The memory that the process of a function holds now, in MB; not a number where this system does not say it, or it is gone.
pub(super) fn of(function: &str) -> f64 {
    children().into_iter().find(|pid| is_of(*pid, function)).and_then(resident).unwrap_or(f64::NAN)
}

/// Those that the threads of this process have started.
fn children() -> Vec<u32> {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect()
}

/// A function is started by its name in a folder of functions.
fn is_of(pid: u32, function: &str) -> bool {
    let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let program = line.split('\0').next().unwrap_or_default();
    Path::new(program).file_name().is_some_and(|name| name == function)
}

fn resident(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches("kB").trim_end().parse::<f64>().ok().map(|kilobytes| kilobytes / 1024.0)
}
