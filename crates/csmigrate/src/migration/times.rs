//! The source directory's own time.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::plan::{Backup, Plan};
use crate::system;

/// Puts the source directory's own modification time back when the backup, by
/// default a directory in it, has been made.
pub(super) struct SourceTimes<'a> {
    source: Option<(&'a Path, &'a std::fs::Metadata)>,
}

impl<'a> SourceTimes<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        let source = plan.store.dir.as_path();
        // However it was named.
        let inside = match &plan.backup {
            Backup::Make(place) | Backup::Reuse { place, .. } => std::fs::metadata(&place.parent)
                .is_ok_and(|parent| {
                    let own = &plan.source_dir;
                    (parent.dev(), parent.ino()) == (own.dev(), own.ino())
                }),
        };
        Self {
            source: inside.then_some((source, &plan.source_dir)),
        }
    }
}

impl Drop for SourceTimes<'_> {
    fn drop(&mut self) {
        if let Some((source, was)) = self.source {
            // Whoever may add a name to the directory may set its time; if
            // not, the time shows that a name was added, which is true.
            let _ = system::restore_mtime(source, was);
        }
    }
}
