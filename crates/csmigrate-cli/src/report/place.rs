//! Where a report goes. A file appears whole and synced, or not at all: it is
//! written under another name beside its own, which is there from the start, so
//! that a place that cannot be written is known before anything is done.

use std::fs::{File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use csmigrate::bdbfile::source::open_plain;
use tempfile::NamedTempFile;

use super::{document, page};
use crate::logs::{ERROR_LOG, MIGRATION_LOG, lies_in};
use crate::settings::{Destination, Settings};

/// The permissions of a report, before the process's mask.
const PERMISSIONS: u32 = 0o644;
/// How the name begins that a report has until it is whole.
const DRAFT: &str = ".csmigrate-report.";

/// Where a report goes.
#[derive(Debug)]
pub(super) enum Place {
    StandardOutput { printed: bool },
    File(FilePlace),
}

/// A file that is to be.
#[derive(Debug)]
pub(super) struct FilePlace {
    path: PathBuf,
    dir: PathBuf,
    /// By what an earlier report is told that may be replaced.
    head: &'static str,
    /// What becomes the file; gone once it did.
    draft: Option<NamedTempFile>,
}

impl Place {
    /// Looks at the place, and makes the draft. A report never goes into the
    /// source, the target or the backup, and takes the place of nothing but
    /// another report.
    pub(super) fn prepare(to: &Destination, settings: &Settings) -> Result<Self, String> {
        let (path, head) = match to {
            Destination::StandardOutput => return Ok(Self::StandardOutput { printed: false }),
            Destination::File(path) => (path, document::HEAD),
            Destination::Page(path) => (path, page::HEAD),
        };
        let shown = path.display();
        let Some(name) = path.file_name() else {
            return Err(format!("report {shown}: this is not the name of a file"));
        };
        let dir = match path.parent() {
            Some(dir) if !dir.as_os_str().is_empty() => dir.to_owned(),
            _ => PathBuf::from("."),
        };
        for (what, other) in [
            ("source", &settings.source),
            ("target", &settings.target),
            ("backup", &settings.backup),
        ] {
            if lies_in(&dir, other) || is_one_name(path, &dir, other) {
                return Err(format!(
                    "report {shown}: it would go into the {what} directory {}; name another place",
                    other.display()
                ));
            }
        }
        for log in [MIGRATION_LOG, ERROR_LOG] {
            if is_one_name(path, &dir, &settings.log_dir.join(log)) {
                return Err(format!(
                    "report {shown}: this is the name of a log; name another file"
                ));
            }
        }
        let mut place = FilePlace {
            path: dir.join(name),
            dir,
            head,
            draft: None,
        };
        let prepared = place.check_free().and_then(|()| place.make_draft());
        match prepared {
            Ok(draft) => place.draft = Some(draft),
            Err(error) => return Err(format!("report {shown}: {error}; name another file")),
        }
        Ok(Self::File(place))
    }

    /// Whether two reports would go to the same place.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::StandardOutput { .. }, Self::StandardOutput { .. }) => true,
            (Self::File(one), Self::File(other)) => is_one_name(&one.path, &one.dir, &other.path),
            _ => false,
        }
    }

    /// Writes a report. One that was written before is replaced, but not on
    /// standard output, where the first is the only one.
    pub(super) fn write(&mut self, text: &str) -> Result<(), String> {
        match self {
            Self::StandardOutput { printed: true } => Ok(()),
            Self::StandardOutput { printed } => {
                *printed = true;
                let mut output = io::stdout();
                let written = output.write_all(text.as_bytes());
                let written = written.and_then(|()| output.flush());
                written.map_err(|error| format!("on standard output: it is not whole: {error}"))
            }
            Self::File(place) => place
                .write(text)
                .map_err(|error| format!("{}: {error}", place.path.display())),
        }
    }
}

impl FilePlace {
    fn write(&mut self, text: &str) -> Result<(), String> {
        self.appear(text)
            .map_err(|error| format!("it could not be written: {error}"))?;
        let synced = File::open(&self.dir).and_then(|dir| dir.sync_all());
        synced.map_err(|error| format!("it is there, but its directory cannot be synced: {error}"))
    }

    fn appear(&mut self, text: &str) -> io::Result<()> {
        let mut draft = match self.draft.take() {
            Some(draft) => draft,
            None => self.make_draft()?,
        };
        draft.write_all(text.as_bytes())?;
        draft.as_file().sync_all()?;
        self.check_free()?;
        draft.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }

    fn make_draft(&self) -> io::Result<NamedTempFile> {
        tempfile::Builder::new()
            .prefix(DRAFT)
            .permissions(Permissions::from_mode(PERMISSIONS))
            .tempfile_in(&self.dir)
            .map_err(|error| {
                let dir = self.dir.display();
                io::Error::other(format!("no file can be made in {dir}: {}", bare(&error)))
            })
    }

    /// Fails where the name is that of anything but a report or an empty file.
    fn check_free(&self) -> io::Result<()> {
        let metadata = match std::fs::symlink_metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            metadata => metadata?,
        };
        if !metadata.is_file() {
            return Err(io::Error::other("this is not a plain file"));
        }
        let mut head = Vec::new();
        let wanted = self.head.as_bytes();
        open_plain(&self.path)?
            .take(wanted.len() as u64)
            .read_to_end(&mut head)?;
        if head.is_empty() || head == wanted {
            return Ok(());
        }
        Err(io::Error::other(
            "there is a file of this name that is no report, and it is not overwritten",
        ))
    }
}

/// What the system said, without the random name that `tempfile` puts after it.
fn bare(error: &io::Error) -> String {
    let text = error.to_string();
    let (said, _) = text.split_once(" at path ").unwrap_or((&text, ""));
    said.to_owned()
}

/// Whether a file that is to be made in `dir` would have the name of another,
/// however that is named.
fn is_one_name(path: &Path, dir: &Path, other: &Path) -> bool {
    let id = |path: &Path| {
        let path = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        let metadata = path.metadata().ok()?;
        Some((metadata.dev(), metadata.ino()))
    };
    let Some(parent) = other.parent() else {
        return false;
    };
    path.file_name() == other.file_name() && id(dir).is_some() && id(dir) == id(parent)
}
