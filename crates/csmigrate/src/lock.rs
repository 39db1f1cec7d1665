//! Locks that tell runs apart: `flock` on a directory, which ends with the
//! process however that ends, and writes nothing.

use std::fs::File;
use std::path::Path;

use rustix::fs::{CWD, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::error::{Error, Result};

/// Opens and locks a directory for one run alone.
pub(crate) fn exclusive(dir: &Path) -> Result<File> {
    lock(dir, FlockOperation::NonBlockingLockExclusive)
}

/// Opens and locks a directory beside others that only read.
pub(crate) fn shared(dir: &Path) -> Result<File> {
    lock(dir, FlockOperation::NonBlockingLockShared)
}

/// The same as [`exclusive`] of a directory that this command made: no link is
/// one, wherever it leads.
pub(crate) fn own(dir: &Path) -> Result<File> {
    take(
        dir,
        OFlags::NOFOLLOW,
        FlockOperation::NonBlockingLockExclusive,
    )
}

fn lock(path: &Path, how: FlockOperation) -> Result<File> {
    take(path, OFlags::empty(), how)
}

fn take(path: &Path, flags: OFlags, how: FlockOperation) -> Result<File> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | flags;
    let open = || rustix::fs::openat(CWD, path, flags, Mode::empty());
    let dir = rustix::io::retry_on_intr(open).map_err(Error::errno(path, "open the directory"))?;
    let dir = File::from(dir);
    match rustix::fs::flock(&dir, how) {
        // A file system without locks has no runs to tell apart either; over
        // NFS only what may be written can be locked.
        Ok(()) | Err(Errno::NOTSUP | Errno::NOLCK | Errno::NOSYS | Errno::INVAL | Errno::BADF) => {
            Ok(dir)
        }
        Err(Errno::WOULDBLOCK) => Err(Error::Busy(path.to_owned())),
        Err(errno) => Err(Error::errno(path, "lock the directory")(errno)),
    }
}
