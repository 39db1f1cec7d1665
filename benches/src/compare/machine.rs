//! The machine that something was measured on, as the kernel tells it. Neither
//! its name nor any path.

use std::fs;
use std::path::Path;

use super::Result;

/// What is told of a machine.
pub(super) struct Machine {
    pub(super) processor: String,
    pub(super) processors: usize,
    /// Bytes of memory.
    pub(super) memory: u64,
    pub(super) kernel: String,
    /// The type of the file system that is written to.
    pub(super) file_system: String,
    /// Whether a host that runs it takes its free memory, and who uses that
    /// again waits for the host.
    pub(super) gives_memory_away: bool,
}

impl Machine {
    /// This machine, and the file system that a directory is on.
    pub(super) fn look(dir: &Path) -> Result<Self> {
        let of = |path| fs::read_to_string(path);
        let dir = dir.canonicalize()?;
        Ok(Self {
            processor: model(&of("/proc/cpuinfo")?).unwrap_or_else(|| "unknown".to_owned()),
            processors: std::thread::available_parallelism()?.get(),
            memory: kilobytes(&of("/proc/meminfo")?, "MemTotal:").unwrap_or(0) << 10,
            kernel: of("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            file_system: file_system(&of("/proc/self/mountinfo")?, &dir)
                .unwrap_or_else(|| "unknown".to_owned()),
            gives_memory_away: balloons()
                .any(|features| reports_free_pages(&features, of(REPORTED).ok().as_deref())),
        })
    }
}

/// Blocks of so many free pages, as a power of two, are told to the host two
/// seconds after they became free.
const REPORTED: &str = "/sys/module/page_reporting/parameters/page_reporting_order";

/// The orders of blocks of free pages that the kernel has, mostly.
const ORDERS: u32 = 11;

/// What the host's devices that take memory can do, a digit for each feature.
fn balloons() -> impl Iterator<Item = String> {
    let devices = fs::read_dir("/sys/bus/virtio/devices").ok();
    devices
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|device| {
            let of = |name: &str| fs::read_to_string(device.path().join(name)).ok();
            // Its number in the standard.
            let is_balloon = of("device")?.trim() == "0x0005";
            is_balloon.then(|| of("features")).flatten()
        })
}

/// Whether a device takes free pages, of which the order is told.
fn reports_free_pages(features: &str, order: Option<&str>) -> bool {
    const REPORTING: usize = 5;
    let order = order.and_then(|order| order.trim().parse().ok());
    features.as_bytes().get(REPORTING) == Some(&b'1')
        && order.is_none_or(|order: u32| order < ORDERS)
}

/// A number of kilobytes as the kernel tells it.
pub(super) fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

fn model(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo
        .lines()
        .find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The type of the file system that a path is on: of the mount with the longest
/// mount point above it, and of several there the last.
fn file_system(mounts: &str, path: &Path) -> Option<String> {
    let mounts = mounts.lines().filter_map(|line| {
        let (mount, system) = line.split_once(" - ")?;
        // A blank in a name stands as \040; such a mount is not found.
        let point = mount.split(' ').nth(4)?;
        let kind = system.split(' ').next()?;
        path.starts_with(point).then_some((point.len(), kind))
    });
    mounts
        .max_by_key(|(length, _)| *length)
        .map(|(_, kind)| kind.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_system_is_that_of_the_nearest_mount() {
        let mounts = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 27 0:30 / /tmp rw - tmpfs tmpfs rw
31 27 0:31 / /tmp rw - xfs /dev/vdb rw";
        let of = |path: &str| file_system(mounts, Path::new(path));
        assert_eq!(of("/home/store").as_deref(), Some("ext4"));
        assert_eq!(of("/tmp/store").as_deref(), Some("xfs"));
        assert_eq!(of("/tmpfile").as_deref(), Some("ext4"));
        assert_eq!(file_system("", Path::new("/")), None);
    }

    #[test]
    fn free_memory_is_taken_by_a_balloon_that_is_told_of_it() {
        let told = "0110010100000000";
        assert!(reports_free_pages(told, Some("9\n")));
        assert!(reports_free_pages(told, None));
        assert!(!reports_free_pages(told, Some("11\n")));
        assert!(!reports_free_pages("0110000100000000", Some("9\n")));
        assert!(!reports_free_pages("", Some("9\n")));
    }

    #[test]
    fn a_processor_and_memory_are_told_by_their_lines() {
        let info = "processor\t: 0\nmodel name\t: A Processor: 3 GHz\nflags\t: a b\n";
        assert_eq!(model(info).as_deref(), Some("A Processor: 3 GHz"));
        let memory = "MemTotal:       24684000 kB\nMemFree: 1 kB\n";
        assert_eq!(kilobytes(memory, "MemTotal:"), Some(24_684_000));
        assert_eq!(kilobytes(memory, "MemAvailable:"), None);
    }
}
