//! What processes cost: time, time of the processors, memory of their own.

use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

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

/// One thing that is done in a run: a command, or two at the same time.
#[derive(Debug)]
pub struct Step {
    command: Command,
    other: Option<Command>,
    /// Whether the other reads what the first writes.
    piped: bool,
}

impl From<Command> for Step {
    fn from(command: Command) -> Self {
        Self {
            command,
            other: None,
            piped: false,
        }
    }
}

impl Step {
    /// A command that writes to the standard input of another.
    pub fn piped(mut writer: Command, reader: Command) -> Self {
        writer.stdout(Stdio::piped());
        Self {
            command: writer,
            other: Some(reader),
            piped: true,
        }
    }

    /// Two commands side by side.
    pub fn beside(left: Command, right: Command) -> Self {
        Self {
            command: left,
            other: Some(right),
            piped: false,
        }
    }

    /// The most memory of its own that it took.
    fn run(&mut self) -> io::Result<u64> {
        let mut children = vec![self.command.spawn()?];
        let mut failed = None;
        if let Some(other) = &mut self.other {
            if self.piped {
                let output = children.iter_mut().find_map(|child| child.stdout.take());
                other.stdin(output.map_or_else(Stdio::null, Stdio::from));
            }
            match other.spawn() {
                Ok(child) => children.push(child),
                // A writer ends by itself: nobody reads what it writes.
                Err(error) => failed = Some(error),
            }
            // This process must not keep the pipe open.
            other.stdin(Stdio::null());
        }
        let (anonymous, succeeded) = watch(&mut children)?;
        match failed {
            Some(error) => Err(error),
            None if succeeded => Ok(anonymous),
            None => Err(io::Error::other(format!("{:?} failed", self.command))),
        }
    }
}

/// Does the steps of a run one after the other.
///
/// # Errors
/// When one of them cannot be run, or says that it failed.
pub fn measure(steps: &mut [Step]) -> io::Result<Cost> {
    let mut anonymous = 0;
    let before = children_seconds()?;
    let begin = Instant::now();
    for step in steps {
        anonymous = anonymous.max(step.run()?);
    }
    Ok(Cost {
        wall: begin.elapsed().as_secs_f64(),
        cpu: children_seconds()? - before,
        anonymous,
    })
}

/// Looks at processes until all have ended: the most memory they had together,
/// and whether all succeeded.
fn watch(children: &mut [Child]) -> io::Result<(u64, bool)> {
    let pids: Vec<u32> = children.iter().map(Child::id).collect();
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut most = 0;
            while !ended.load(Ordering::Relaxed) {
                most = most.max(pids.iter().map(|pid| anonymous(*pid)).sum());
                std::thread::park_timeout(INTERVAL);
            }
            most
        });
        let statuses: io::Result<Vec<_>> = children.iter_mut().map(Child::wait).collect();
        ended.store(true, Ordering::Relaxed);
        watcher.thread().unpark();
        let most = watcher
            .join()
            .map_err(|_| io::Error::other("the watching thread panicked"))?;
        Ok((most, statuses?.iter().all(ExitStatus::success)))
    })
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

/// Processor time of all children of this process that have ended. The kernel
/// adds it up exactly and rounds only what it tells, so many short processes
/// are not rounded away one by one.
#[allow(clippy::cast_precision_loss)]
fn children_seconds() -> io::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name of the program stands in brackets and may hold blanks; of the
    // fields behind it these are user and system time of the children.
    let fields = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: u64 = fields
        .split(' ')
        .skip(13)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Ok(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// The middle of several runs, each number for itself.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Median {
    /// Seconds from start to end.
    pub wall: f64,
    /// The shortest of them.
    pub fastest: f64,
    /// The longest.
    pub slowest: f64,
    /// Seconds of all processors.
    pub cpu: f64,
    /// Memory: not the middle but the most, as it is a bound.
    pub anonymous: u64,
}

impl Median {
    /// The middle of `costs`: of an even number the higher one of the two.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_failure_is_told_wherever_in_a_run_it_is() {
        assert!(measure(&mut [shell("exit 0").into()]).is_ok());
        assert!(measure(&mut [shell("exit 1").into(), shell("exit 0").into()]).is_err());
        let piped = |writer, reader| Step::piped(shell(writer), shell(reader));
        assert!(measure(&mut [piped("echo text", "grep -q text")]).is_ok());
        assert!(measure(&mut [piped("echo text", "grep -q other")]).is_err());
        assert!(measure(&mut [piped("echo text; exit 1", "cat >/dev/null")]).is_err());
    }

    #[test]
    fn a_process_that_works_costs_time_and_memory() {
        // A shell that puts a string of some megabytes together.
        let script = "text=xxxxxxxxxxxxxxxx; i=0; \
            while [ $i -lt 18 ]; do text=$text$text; i=$((i + 1)); done; sleep 0.1";
        let cost = measure(&mut [shell(script).into()]).unwrap();
        assert!(cost.wall >= 0.1, "{cost:?}");
        assert!(cost.anonymous >= 4 << 20, "{cost:?}");
    }

    #[test]
    fn medians_are_of_each_number_and_memory_is_the_most() {
        let cost = |wall, cpu, anonymous| Cost {
            wall,
            cpu,
            anonymous,
        };
        let median = Median::of(&[cost(3.0, 1.0, 7), cost(1.0, 2.0, 9), cost(2.0, 3.0, 8)]);
        let expected = Median {
            wall: 2.0,
            fastest: 1.0,
            slowest: 3.0,
            cpu: 2.0,
            anonymous: 9,
        };
        assert_eq!(median, expected);
    }
}
