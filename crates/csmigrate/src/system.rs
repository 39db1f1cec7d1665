//! Questions to the system that the standard library does not ask.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{Access, AtFlags, CWD, StatxFlags};

use crate::error::{Error, Result};

/// Bytes that may still be written on the file system of `path`, which exists.
/// `None` where the file system does not say how large it is.
pub(crate) fn free_bytes(path: &Path) -> io::Result<Option<u64>> {
    let stat = rustix::fs::statvfs(path)?;
    Ok((stat.f_blocks > 0).then(|| stat.f_bavail.saturating_mul(stat.f_frsize)))
}

/// Whether the directory `path` is `dir` or lies in it, however they are named
/// and wherever they are mounted.
pub(crate) fn lies_in(path: &Path, dir: &Metadata) -> bool {
    path.ancestors().any(|path| {
        std::fs::metadata(path).is_ok_and(|it| (it.dev(), it.ino()) == (dir.dev(), dir.ino()))
    })
}

/// Which file system `path` lies on.
pub(crate) fn device(path: &Path) -> io::Result<u64> {
    Ok(std::fs::metadata(path)?.dev())
}

/// Whether an existing directory can be written to, by who runs this.
pub(crate) fn check_writable(dir: &Path) -> io::Result<()> {
    rustix::fs::accessat(
        CWD,
        dir,
        Access::WRITE_OK | Access::EXEC_OK,
        AtFlags::EACCESS,
    )?;
    Ok(())
}

/// Whether an existing directory is a mount point: a rename cannot replace it.
/// Where the kernel does not tell mounts apart, devices do.
pub(crate) fn is_mount_point(dir: &Path, parent: &Path) -> io::Result<bool> {
    let mount = |path: &Path| -> io::Result<(u64, u64)> {
        let stat = rustix::fs::statx(CWD, path, AtFlags::empty(), StatxFlags::MNT_ID)?;
        let id = if stat.stx_mask & StatxFlags::MNT_ID.bits() == 0 {
            0
        } else {
            stat.stx_mnt_id
        };
        Ok((id, device(path)?))
    };
    Ok(mount(dir)? != mount(parent)?)
}

/// Gives a new file or directory the mode of an old one and, when we are root,
/// its owner and group.
pub(crate) fn take_after(file: &File, path: &Path, like: &Metadata) -> Result<()> {
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::fchown(file, Some(like.uid()), Some(like.gid())).map_err(|source| {
            Error::Owner {
                path: path.to_owned(),
                owner: (like.uid(), like.gid()),
                source,
            }
        })?;
    }
    let mode = like.permissions().mode() & 0o7777;
    file.set_permissions(std::fs::Permissions::from_mode(mode))
        .map_err(Error::io(path, "set the mode"))
}

/// Puts a directory's modification time back after names were added to it.
pub(crate) fn restore_mtime(dir: &Path, was: &Metadata) -> io::Result<()> {
    let times = rustix::fs::Timestamps {
        last_access: rustix::fs::Timespec {
            tv_sec: 0,
            tv_nsec: rustix::fs::UTIME_OMIT,
        },
        last_modification: rustix::fs::Timespec {
            tv_sec: was.mtime(),
            tv_nsec: was.mtime_nsec(),
        },
    };
    rustix::fs::utimensat(CWD, dir, &times, AtFlags::empty())?;
    Ok(())
}

/// Makes the names in a directory durable.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
