//! What a process costs: time, time of the processors, memory of its own.

use std::io;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// How often a process is looked at.
const INTERVAL: Duration = Duration::from_millis(2);

/// What one run cost.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// Seconds from start to end.
    pub wall: f64,
    /// Seconds of all processors, of user and of system.
    pub cpu: f64,
    /// The most bytes of memory that no file stands behind.
    pub anonymous: u64,
}

/// Runs commands one after the other.
///
/// # Errors
/// When one of them cannot be run, or says that it failed.
pub fn measure(commands: &mut [Command]) -> io::Result<Cost> {
    let mut cost = Cost::default();
    let begin = Instant::now();
    for command in commands {
        let mut child = command.spawn()?;
        let (cpu, anonymous) = watch(&child)?;
        if !child.wait()?.success() {
            return Err(io::Error::other(format!("{command:?} failed")));
        }
        cost.cpu += cpu;
        cost.anonymous = cost.anonymous.max(anonymous);
    }
    cost.wall = begin.elapsed().as_secs_f64();
    Ok(cost)
}

/// Looks at a process until it ends. Before it is reaped, the kernel still
/// tells what it used.
fn watch(child: &Child) -> io::Result<(f64, u64)> {
    let pid = Pid::from_child(child);
    let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    let mut most = 0;
    while waitid(WaitId::Pid(pid), ended)?.is_none() {
        most = most.max(anonymous(child.id()));
        std::thread::sleep(INTERVAL);
    }
    Ok((processor_seconds(child.id())?, most))
}

/// Bytes of a process that are in memory and in no file; none of one that has
/// ended.
fn anonymous(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kilobytes = |name: &str| -> u64 {
        status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .and_then(|rest| rest.split_whitespace().next())
            .and_then(|number| number.parse().ok())
            .unwrap_or(0)
    };
    (kilobytes("RssAnon:") + kilobytes("RssShmem:")) << 10
}

#[allow(clippy::cast_precision_loss)]
fn processor_seconds(pid: u32) -> io::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name of the program stands in brackets and may hold blanks; of the
    // fields behind it these are user and system time, its children's as well.
    let fields = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: u64 = fields
        .split(' ')
        .skip(11)
        .take(4)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Ok(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// The middle of several runs, each number for itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Median {
    /// Seconds from start to end.
    pub wall: f64,
    /// The shortest of them, and the longest.
    pub fastest: f64,
    /// The longest.
    pub slowest: f64,
    /// Seconds of all processors.
    pub cpu: f64,
    /// Memory: not the middle but the most, as it is a bound.
    pub anonymous: u64,
}

impl Median {
    /// The middle of `costs`.
    pub fn of(costs: &[Cost]) -> Self {
        let sorted = |of: fn(&Cost) -> f64| {
            let mut numbers: Vec<f64> = costs.iter().map(of).collect();
            numbers.sort_by(f64::total_cmp);
            numbers
        };
        let middle = |numbers: &[f64]| numbers.get(numbers.len() / 2).copied().unwrap_or(0.0);
        let wall = sorted(|cost| cost.wall);
        Self {
            wall: middle(&wall),
            fastest: wall.first().copied().unwrap_or(0.0),
            slowest: wall.last().copied().unwrap_or(0.0),
            cpu: middle(&sorted(|cost| cost.cpu)),
            anonymous: costs.iter().map(|cost| cost.anonymous).max().unwrap_or(0),
        }
    }
}
