//! Files synced while others are still being made.

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use bdbfile::Workers;
use bdbfile::write::SyncingSink;
use crossbeam::channel::{Sender, unbounded};

use crate::error::{Error, Result};
use crate::progress::{Progress, Step};

/// Syncs files in the background, some at a time. Nothing that is made of them
/// is published before [`finish`](Self::finish).
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
    threads: Vec<JoinHandle<Result<()>>>,
}

/// Files for each thread that syncs. One waits for the disk file by file, which
/// takes what several ask for together; but each takes room among the addresses
/// of the process, and the few files of a real store need one.
const FILES: usize = 64;

/// Threads at most.
const THREADS: usize = 4;

impl Syncing {
    /// Begins, for so many files. For a run of one thread, and where the system
    /// has no more, each file is synced when it is given.
    pub(crate) fn begin(files: usize, workers: Workers, progress: &Progress, step: Step) -> Self {
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
        let count = files.div_ceil(FILES).clamp(1, THREADS);
        let (files, given) = unbounded::<(PathBuf, SyncingSink)>();
        let threads = (0..count).map_while(|_| {
            let (told, given) = (told.clone(), given.clone());
            std::thread::Builder::new()
                .name("sync".to_owned())
                .spawn(move || {
                    given
                        .into_iter()
                        .try_for_each(|(path, sink)| told.sync(&path, sink))
                })
                .ok()
        });
        let threads: Vec<_> = threads.collect();
        let some = !threads.is_empty();
        Self {
            running: some.then_some(Running { files, threads }),
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
    /// An error of a sync, if there was one.
    pub(crate) fn finish(self) -> Result<()> {
        let Some(Running { files, threads }) = self.running else {
            return Ok(());
        };
        drop(files);
        let mut all = Ok(());
        for thread in threads {
            let done = thread.join().unwrap_or_else(|_| {
                Err(Error::Io {
                    path: PathBuf::new(),
                    action: "sync the files",
                    source: std::io::Error::other("a thread that syncs has ended early"),
                })
            });
            all = all.and(done);
        }
        all
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
        let begin = |files| Syncing::begin(files, TWO, &Progress::default(), Step::Sync);
        let syncing = begin(2);
        for (name, file) in [("first", file), ("pipe", no_file)] {
            let sink = SyncingSink::new(name, file);
            syncing.add(PathBuf::from(name), sink).unwrap();
        }
        let error = syncing.finish().unwrap_err();
        assert!(error.to_string().contains("pipe"), "{error}");
        begin(0).finish().unwrap();
        begin(100 * FILES).finish().unwrap();
    }
}
