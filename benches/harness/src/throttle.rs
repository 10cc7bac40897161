//! 7 % of a core: what a Lambda function of 128 MB has while it answers. Its init phase runs at full speed.
//!
//! By the kernel's own bandwidth limit where a control group can be made (1.4 ms in each 20 ms, as Lambda does it), and
//! by stopping and continuing the process where not.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const PERIOD: Duration = Duration::from_millis(20);
const QUOTA: Duration = Duration::from_micros(1400);

/// A process that is held back, until this is dropped.
pub enum Throttle {
    Group(PathBuf),
    Signals { stop: Arc<AtomicBool>, thread: Option<JoinHandle<()>> },
}

impl Throttle {
    /// Holds the process back from now on.
    pub fn on(pid: Pid) -> Self {
        group(pid).map_or_else(|| signals(pid), Self::Group)
    }

    /// How, for the table.
    pub fn method(&self) -> &'static str {
        match self {
            Self::Group(_) => "a control group's bandwidth limit, 1.4 ms in each 20 ms",
            Self::Signals { .. } => "SIGSTOP and SIGCONT, 1.4 ms in each 20 ms",
        }
    }
}

/// A new group, version 2 or 1, with the process in it.
fn group(pid: Pid) -> Option<PathBuf> {
    let (period, quota) = (PERIOD.as_micros(), QUOTA.as_micros());
    let second = ("/sys/fs/cgroup", vec![("cpu.max", format!("{quota} {period}"))]);
    let limits = vec![("cpu.cfs_period_us", period.to_string()), ("cpu.cfs_quota_us", quota.to_string())];
    let first = ("/sys/fs/cgroup/cpu", limits);
    [second, first].into_iter().find_map(|(root, limits)| {
        let path = PathBuf::from(root).join(format!("authorizer-bench-{pid}"));
        fs::create_dir(&path).ok()?;
        let limited =
            limits.iter().all(|(file, value)| path.join(file).exists() && fs::write(path.join(file), value).is_ok());
        if limited && fs::write(path.join("cgroup.procs"), pid.to_string()).is_ok() {
            return Some(path);
        }
        let _ = fs::remove_dir(&path);
        None
    })
}

fn signals(pid: Pid) -> Throttle {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let thread = spawn(move || {
        while !stopped.load(Ordering::Relaxed) {
            let _ = kill(pid, Signal::SIGCONT);
            sleep(QUOTA);
            let _ = kill(pid, Signal::SIGSTOP);
            sleep(PERIOD - QUOTA);
        }
        let _ = kill(pid, Signal::SIGCONT);
    });
    Throttle::Signals { stop, thread: Some(thread) }
}

impl Drop for Throttle {
    fn drop(&mut self) {
        match self {
            Self::Group(path) => {
                // The process goes back to the root of the hierarchy, and the group with it.
                if let Some(root) = path.parent() {
                    for process in fs::read_to_string(path.join("cgroup.procs")).unwrap_or_default().lines() {
                        let _ = fs::write(root.join("cgroup.procs"), process);
                    }
                }
                let _ = fs::remove_dir(path);
            }
            Self::Signals { stop, thread } => {
                stop.store(true, Ordering::Relaxed);
                if let Some(thread) = thread.take() {
                    let _ = thread.join();
                }
            }
        }
    }
}
