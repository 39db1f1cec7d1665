//! Names that were probably meant. The published procedure names one and the
//! same directory `old_csdb`, `oldcsdb` and `old_csddb` in three of its steps.

use std::path::{Path, PathBuf};

/// How alike two names are to be to be offered, from 0 to 1.
const ALIKE: f64 = 0.7;
/// The most names offered.
const OFFERED: usize = 3;

/// Directories beside `path` whose names are like its own, the likest first.
pub(crate) fn directories(path: &Path) -> Vec<PathBuf> {
    let Some(wanted) = path.file_name() else {
        return Vec::new();
    };
    let wanted = plain(&wanted.to_string_lossy());
    let parent = path.parent().unwrap_or(Path::new(""));
    let listed = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    let mut found: Vec<(f64, PathBuf)> = std::fs::read_dir(listed)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| {
            let name = plain(&entry.file_name().to_string_lossy());
            let alike = strsim::normalized_damerau_levenshtein(&wanted, &name);
            (alike, parent.join(entry.file_name()))
        })
        .filter(|(alike, _)| *alike >= ALIKE)
        .collect();
    found.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
    found.truncate(OFFERED);
    found.into_iter().map(|(_, path)| path).collect()
}

/// A name without what people leave out or mix up.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| !matches!(c, '_' | '-' | '.' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_misprints_of_the_procedure_lead_to_each_other() {
        let dir = tempfile::tempdir().unwrap();
        for (wanted, there) in [
            ("oldcsdb", "old_csdb"),
            ("old_csdb", "oldcsdb"),
            ("old_csddb", "oldcsdb"),
            ("oldcsdb", "old_csddb"),
        ] {
            let path = dir.path().join(there);
            std::fs::create_dir(&path).unwrap();
            std::fs::create_dir(dir.path().join("hotbackup")).unwrap();
            assert_eq!(
                directories(&dir.path().join(wanted)),
                std::slice::from_ref(&path)
            );
            std::fs::remove_dir(path).unwrap();
            std::fs::remove_dir(dir.path().join("hotbackup")).unwrap();
        }
        assert!(directories(&dir.path().join("nothing")).is_empty());
        assert!(directories(&dir.path().join("no/such/place")).is_empty());
    }
}
