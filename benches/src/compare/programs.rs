//! The programs that are run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Result;
use super::settings::Settings;
use super::target_dir;

pub(super) const DUMP: &str = "db5.3_dump";
pub(super) const LOAD: &str = "db5.3_load";
pub(super) const VERIFY: &str = "db5.3_verify";
pub(super) const TASKSET: &str = "taskset";

/// Where the programs are, and what there is of those that are not ours.
pub(super) struct Programs {
    pub(super) csmigrate: PathBuf,
    pub(super) bdbfile: PathBuf,
    /// This program, for what it does as a process of its own.
    pub(super) this: PathBuf,
    /// Whether the tools of the real library are installed.
    pub(super) has_tools: bool,
    /// Whether processes can be kept on some of the processors.
    pub(super) has_taskset: bool,
    /// The processors that this process may use.
    pub(super) processors: Vec<usize>,
}

impl Programs {
    /// Finds all of them, and builds ours unless it is told where they are.
    pub(super) fn find(settings: &Settings) -> Result<Self> {
        let (csmigrate, bdbfile) = match (&settings.csmigrate, &settings.bdbfile) {
            (Some(csmigrate), Some(bdbfile)) => (csmigrate.clone(), bdbfile.clone()),
            (csmigrate, bdbfile) => {
                let built = build(&settings.profile)?;
                let or_built =
                    |told: &Option<PathBuf>, name| told.clone().unwrap_or_else(|| built.join(name));
                (
                    or_built(csmigrate, "csmigrate"),
                    or_built(bdbfile, "bdbfile"),
                )
            }
        };
        Ok(Self {
            csmigrate: csmigrate.canonicalize()?,
            bdbfile: bdbfile.canonicalize()?,
            this: std::env::current_exe()?,
            has_tools: [DUMP, LOAD, VERIFY].iter().all(|tool| runs(tool, "-V")),
            has_taskset: runs(TASKSET, "--version"),
            processors: processors(&std::fs::read_to_string("/proc/self/status")?),
        })
    }
}

/// Builds our programs with the cargo that built this one; the directory they
/// are in.
fn build(profile: &str) -> Result<PathBuf> {
    let target_dir = target_dir()?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--profile", profile])
        .args(["-p", "csmigrate-cli", "-p", "bdbfile-cli", "--target-dir"])
        .arg(&target_dir)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()?;
    if !status.success() {
        return Err("csmigrate and bdbfile do not build".into());
    }
    Ok(target_dir.join(match profile {
        "dev" => Path::new("debug"),
        other => Path::new(other),
    }))
}

/// Whether a program is there.
fn runs(program: &str, argument: &str) -> bool {
    let status = Command::new(program)
        .arg(argument)
        // Cargo puts the linked library's directory here.
        .env_remove("LD_LIBRARY_PATH")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// The list of processors in what the kernel tells of a process: `0-1,4`.
fn processors(status: &str) -> Vec<usize> {
    let allowed = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
        .unwrap_or_default();
    let mut processors = Vec::new();
    for part in allowed.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.parse::<usize>(), last.parse()) {
            processors.extend(first..=last);
        }
    }
    processors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processors_of_a_process_are_listed_one_by_one() {
        let of = |list: &str| processors(&format!("Name:\tx\nCpus_allowed_list:\t{list}\nx:"));
        assert_eq!(of("0-1"), [0, 1]);
        assert_eq!(of("3"), [3]);
        assert_eq!(of("0-1,4,6-7"), [0, 1, 4, 6, 7]);
        assert_eq!(processors("Name:\tx\n"), [0_usize; 0]);
    }
}
