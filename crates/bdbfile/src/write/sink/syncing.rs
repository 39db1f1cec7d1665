//! A file that is synced while it is written.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use crossbeam::channel::{Sender, bounded};

use super::{FileSink, PageSink};

/// Bytes written between two syncs.
const STRIDE: u64 = 64 << 20;

/// A file that a thread of its own syncs every 64 MiB, so that little is left
/// for the sync at the end, while the others go on building. A file that stays
/// smaller has no thread, and where the system has no more threads all is left
/// for the end.
#[derive(Debug)]
pub struct SyncingSink {
    sink: FileSink,
    written: AtomicU64,
    syncer: Mutex<Syncer>,
}

/// The thread.
#[derive(Debug)]
enum Syncer {
    NotBegun,
    Running {
        wake: Sender<()>,
        thread: JoinHandle<io::Result<()>>,
    },
    NotToBeHad,
}

impl SyncingSink {
    /// A sink into an open, empty file.
    pub fn new(name: impl Into<String>, file: File) -> Self {
        Self {
            sink: FileSink::new(name, file),
            written: AtomicU64::new(0),
            syncer: Mutex::new(Syncer::NotBegun),
        }
    }

    /// The file.
    pub fn file(&self) -> &File {
        self.sink.file()
    }

    /// Ends the thread and gives the file, whose last part is not synced yet.
    ///
    /// # Errors
    /// What a sync met. The system tells it once, so it is to be told on.
    pub fn finish(self) -> io::Result<File> {
        let syncer = self.syncer.into_inner();
        let syncer = syncer.unwrap_or_else(PoisonError::into_inner);
        if let Syncer::Running { wake, thread } = syncer {
            drop(wake);
            let ended = || io::Error::other("the thread that syncs has ended early");
            thread.join().map_err(|_| ended())??;
        }
        Ok(self.sink.into_file())
    }

    /// Has the thread sync what was written so far.
    fn wake(&self) {
        let mut syncer = self.syncer.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*syncer, Syncer::NotBegun) {
            *syncer = begin(self.file()).unwrap_or(Syncer::NotToBeHad);
        }
        if let Syncer::Running { wake, .. } = &*syncer {
            // Awake already, or ended by an error that `finish` tells.
            let _ = wake.try_send(());
        }
    }
}

fn begin(file: &File) -> io::Result<Syncer> {
    let synced = file.try_clone()?;
    // One wake-up waits at most: what was written meanwhile is synced too.
    let (wake, woken) = bounded(1);
    let thread = std::thread::Builder::new()
        .name("sync".to_owned())
        .spawn(move || woken.into_iter().try_for_each(|()| synced.sync_data()))?;
    Ok(Syncer::Running { wake, thread })
}

impl PageSink for SyncingSink {
    fn name(&self) -> &str {
        self.sink.name()
    }

    fn write_at(&self, offset: u64, pages: &[u8]) -> io::Result<()> {
        self.sink.write_at(offset, pages)?;
        let more = pages.len() as u64;
        let before = self.written.fetch_add(more, Ordering::Relaxed);
        if before / STRIDE != before.saturating_add(more) / STRIDE {
            self.wake();
        }
        Ok(())
    }
}
