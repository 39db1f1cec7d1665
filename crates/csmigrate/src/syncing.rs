//! Files synced while others are still being made.

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use bdbfile::Workers;
use bdbfile::write::SyncingSink;
use crossbeam::channel::{Sender, unbounded};

use crate::error::{Error, Result};
use crate::progress::{Progress, Step};

/// Syncs files in the background, one after the other. Nothing that is made of
/// them is published before [`finish`](Self::finish).
#[derive(Debug)]
pub(crate) struct Syncing {
    running: Option<Running>,
    told: Told,
}

/// Where it is told which files are synced.
#[derive(Debug, Clone)]
struct Told {
    progress: Progress,
    step: Step,
}

#[derive(Debug)]
struct Running {
    files: Sender<(PathBuf, SyncingSink)>,
    thread: JoinHandle<Result<()>>,
}

impl Syncing {
    /// Begins. For a run of one thread, and where the system has no more, each
    /// file is synced when it is given.
    pub(crate) fn begin(workers: Workers, progress: &Progress, step: Step) -> Self {
        let told = Told {
            progress: progress.clone(),
            step,
        };
        if workers == Workers::ALONE {
            return Self {
                running: None,
                told,
            };
        }
        let by_thread = told.clone();
        let (files, given) = unbounded::<(PathBuf, SyncingSink)>();
        let thread = std::thread::Builder::new()
            .name("sync".to_owned())
            .spawn(move || {
                given
                    .into_iter()
                    .try_for_each(|(path, sink)| by_thread.sync(&path, sink))
            });
        Self {
            running: thread.ok().map(|thread| Running { files, thread }),
            told,
        }
    }

    /// Takes a file that is finished but for its sync.
    pub(crate) fn add(&self, path: PathBuf, sink: SyncingSink) -> Result<()> {
        match &self.running {
            // After an error there is none to take it; `finish` tells.
            Some(running) => {
                let _ = running.files.send((path, sink));
                Ok(())
            }
            None => self.told.sync(&path, sink),
        }
    }

    /// Waits until all files are synced.
    ///
    /// # Errors
    /// The first error of a sync.
    pub(crate) fn finish(self) -> Result<()> {
        let Some(Running { files, thread }) = self.running else {
            return Ok(());
        };
        drop(files);
        thread.join().unwrap_or_else(|_| {
            Err(Error::Io {
                path: PathBuf::new(),
                action: "sync the files",
                source: std::io::Error::other("the thread that syncs has ended early"),
            })
        })
    }
}

impl Told {
    fn sync(&self, path: &Path, sink: SyncingSink) -> Result<()> {
        let name = path.file_name().unwrap_or_default();
        let counting = self.progress.file(self.step, name);
        sink.finish()
            .and_then(|file| file.sync_all())
            .map_err(Error::io(path, "sync the file"))?;
        counting.finish();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    const TWO: Workers = Workers {
        threads: std::num::NonZeroUsize::new(2).unwrap(),
    };

    #[test]
    fn what_cannot_be_synced_is_told_in_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let file = File::create(dir.path().join("file")).unwrap();
        let (no_file, _writer) = std::io::pipe().unwrap();
        let no_file = File::from(std::os::fd::OwnedFd::from(no_file));
        let syncing = Syncing::begin(TWO, &Progress::default(), Step::Sync);
        for (name, file) in [("first", file), ("pipe", no_file)] {
            let sink = SyncingSink::new(name, file);
            syncing.add(PathBuf::from(name), sink).unwrap();
        }
        let error = syncing.finish().unwrap_err();
        assert!(error.to_string().contains("pipe"), "{error}");
        let syncing = Syncing::begin(TWO, &Progress::default(), Step::Sync);
        syncing.finish().unwrap();
    }
}
