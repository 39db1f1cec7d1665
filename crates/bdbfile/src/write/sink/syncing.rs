//! A file that is synced while it is written.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use crossbeam::channel::{Sender, bounded};

use super::{FileSink, PageSink};

/// Bytes written between two syncs.
const STRIDE: u64 = 64 << 20;

/// A file that a thread of its own syncs every 64 MiB, so that little is left
/// for the sync at the end, while the others go on building.
#[derive(Debug)]
pub struct SyncingSink {
    sink: FileSink,
    written: AtomicU64,
    wake: Sender<()>,
    thread: JoinHandle<io::Result<()>>,
}

impl SyncingSink {
    /// A sink into an open, empty file. Starts the thread.
    pub fn new(name: impl Into<String>, file: File) -> io::Result<Self> {
        let synced = file.try_clone()?;
        // One wake-up waits at most: what was written meanwhile is synced too.
        let (wake, woken) = bounded(1);
        let thread = std::thread::Builder::new()
            .name("sync".to_owned())
            .spawn(move || woken.into_iter().try_for_each(|()| synced.sync_data()))?;
        Ok(Self {
            sink: FileSink::new(name, file),
            written: AtomicU64::new(0),
            wake,
            thread,
        })
    }

    /// Ends the thread and gives the file, whose last part is not synced yet.
    ///
    /// # Errors
    /// What a sync met. The system tells it once, so it is to be told on.
    pub fn finish(self) -> io::Result<File> {
        let Self {
            sink, wake, thread, ..
        } = self;
        drop(wake);
        let ended = || io::Error::other("the thread that syncs has ended early");
        thread.join().map_err(|_| ended())??;
        Ok(sink.into_file())
    }
}

impl PageSink for SyncingSink {
    fn name(&self) -> &str {
        self.sink.name()
    }

    fn write_at(&self, offset: u64, pages: &[u8]) -> io::Result<()> {
        self.sink.write_at(offset, pages)?;
        let more = pages.len() as u64;
        let before = self.written.fetch_add(more, Ordering::Relaxed);
        if before / STRIDE != (before + more) / STRIDE {
            // Awake already, or ended by an error that `finish` tells.
            let _ = self.wake.try_send(());
        }
        Ok(())
    }
}
