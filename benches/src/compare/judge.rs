//! Whether the result of a way holds what the store holds. The real library
//! says so.

use std::fs;
use std::path::{Path, PathBuf};

use oracle::Verify;

use super::Result;
use super::scene::Scene;
use super::way::Leaves;
use crate::source;

/// Cache of the real library while it verifies.
const CACHE: u32 = 64 << 20;

/// How many records each database of a store has.
pub(super) struct Contents(Vec<(PathBuf, u64)>);

impl Contents {
    pub(super) fn of(databases: &[PathBuf]) -> Result<Self> {
        let count = |path: &PathBuf| Ok((path.clone(), source::count(path)?));
        Ok(Self(databases.iter().map(count).collect::<Result<_>>()?))
    }

    /// Records of all databases.
    pub(super) fn records(&self) -> u64 {
        self.0.iter().map(|(_, records)| records).sum()
    }

    /// Whether what a way leaves is there, and right.
    pub(super) fn judge(&self, scene: &Scene, leaves: Leaves) -> Result<()> {
        match leaves {
            Leaves::Copies => {
                same_files(&scene.store, &scene.backup)?;
                same_files(&scene.store, &scene.target)
            }
            Leaves::Copy => same_files(&scene.store, &scene.target),
            Leaves::Store => {
                same_files(&scene.store, &scene.backup)?;
                self.same_records(scene)
            }
            Leaves::Databases => self.same_records(scene),
            Leaves::Nothing if scene.target.exists() || scene.backup.exists() => {
                Err("it wrote what it should only read".into())
            }
            Leaves::Nothing => Ok(()),
        }
    }

    /// Each database of the target is sound and has as many records as its
    /// source.
    fn same_records(&self, scene: &Scene) -> Result<()> {
        let verify = Verify {
            cache_bytes: Some(CACHE),
            ..Verify::default()
        };
        for (path, expected) in &self.0 {
            let target = scene.target_of(path);
            verify.run(&target)?;
            let found = source::count(&target)?;
            if found != *expected {
                let name = target.file_name().unwrap_or_default().display();
                return Err(format!("{name}: {found} records of {expected}").into());
            }
        }
        Ok(())
    }
}

/// Both directories have the same names with files of the same lengths.
fn same_files(left: &Path, right: &Path) -> Result<()> {
    if lengths(left)? == lengths(right)? {
        return Ok(());
    }
    let name = right.file_name().unwrap_or_default().display();
    Err(format!("{name} has not the files of its source").into())
}

fn lengths(dir: &Path) -> Result<Vec<(std::ffi::OsString, u64)>> {
    let mut lengths = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        lengths.push((entry.file_name(), entry.metadata()?.len()));
    }
    lengths.sort();
    Ok(lengths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Records, make};

    #[test]
    fn a_result_that_lacks_a_record_or_a_page_does_not_hold() {
        let room = tempfile::tempdir().unwrap();
        let store = room.path().join("store");
        fs::create_dir(&store).unwrap();
        make(&store.join("ics50events.db"), Records::Plain, 0..500).unwrap();
        let scene = Scene::new(&store, room.path()).unwrap();
        let contents = Contents::of(&scene.databases).unwrap();
        assert_eq!(contents.records(), 500);
        contents.judge(&scene, Leaves::Nothing).unwrap();
        assert!(
            contents.judge(&scene, Leaves::Databases).is_err(),
            "nothing there"
        );

        fs::create_dir(&scene.target).unwrap();
        let target = scene.target.join("ics50events.db");
        make(&target, Records::Plain, 0..499).unwrap();
        assert!(
            contents.judge(&scene, Leaves::Databases).is_err(),
            "one lost"
        );
        fs::remove_file(&target).unwrap();
        make(&target, Records::Plain, 0..500).unwrap();
        contents.judge(&scene, Leaves::Databases).unwrap();
        assert!(contents.judge(&scene, Leaves::Store).is_err(), "no backup");
        assert!(contents.judge(&scene, Leaves::Nothing).is_err());

        let mut bytes = fs::read(&target).unwrap();
        bytes[4096 + 8] ^= 1;
        fs::write(&target, bytes).unwrap();
        assert!(
            contents.judge(&scene, Leaves::Databases).is_err(),
            "page 1 is another"
        );
    }
}
