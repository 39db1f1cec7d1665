//! Which files of a directory belong to an environment, by their names.

use std::fs;
use std::path::{Path, PathBuf};

use super::failed;
use crate::Result;

/// The files of an environment that were found beside the databases.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvironmentFiles {
    /// Transaction logs, `log.NNNNNNNNNN` (`log.NNNNN` before 2.5.9), in the
    /// order of their numbers.
    pub logs: Vec<PathBuf>,
    /// Region files, `__db.NNN` (3.0 and later) and `__db_*.share` (2.x), in
    /// the order of their names.
    pub regions: Vec<PathBuf>,
}

impl EnvironmentFiles {
    /// Finds the files in one directory. Where a `DB_CONFIG` puts the logs
    /// elsewhere, find in both and join the two.
    pub fn find(dir: &Path) -> Result<Self> {
        let mut found = Self::default();
        let entries = fs::read_dir(dir).map_err(|e| failed(dir, "list the directory", e))?;
        for entry in entries {
            let entry = entry.map_err(|e| failed(dir, "list the directory", e))?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            let is_log = log_number(name).is_some();
            if !is_log && !is_region(name) {
                continue;
            }
            let path = entry.path();
            // Follows links; what is not a plain file could block when opened.
            let kind = fs::metadata(&path).map_err(|e| failed(&path, "look at the file", e))?;
            if !kind.is_file() {
                continue;
            }
            if is_log {
                found.logs.push(path);
            } else {
                found.regions.push(path);
            }
        }
        found
            .logs
            .sort_by_key(|path| (number_of(path), path.clone()));
        found.regions.sort();
        Ok(found)
    }
}

/// The number in the name of a log file's path.
pub(crate) fn number_of(path: &Path) -> Option<u32> {
    log_number(path.file_name()?.to_str()?)
}

/// The number in the name of a log file, from 1.
fn log_number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("log.")?;
    if !matches!(digits.len(), 5 | 10) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|number| *number > 0)
}

/// Whether a name is that of a region file.
fn is_region(name: &str) -> bool {
    let numbered = name
        .strip_prefix("__db.")
        .is_some_and(|rest| rest.len() == 3 && rest.bytes().all(|b| b.is_ascii_digit()));
    let shared = name
        .strip_prefix("__db_")
        .is_some_and(|rest| rest.strip_suffix(".share").is_some());
    numbered || shared
}

#[cfg(test)]
mod tests {
    use super::{is_region, log_number};

    #[test]
    fn names_of_logs_and_regions() {
        assert_eq!(log_number("log.0000000012"), Some(12));
        assert_eq!(log_number("log.00012"), Some(12));
        for other in [
            "log.0000000000",
            "log.9999999999",
            "log.000000012",
            "log.00000000+2",
            "log.0000000012.gz",
            "log.",
        ] {
            assert_eq!(log_number(other), None, "{other}");
        }
        assert!(is_region("__db.001") && is_region("__db_txn.share"));
        for other in [
            "__db.register",
            "__db.rep.egen",
            "__db.0x1",
            "__db_",
            "cal.db",
        ] {
            assert!(!is_region(other), "{other}");
        }
    }
}
