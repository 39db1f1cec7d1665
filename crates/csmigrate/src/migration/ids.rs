//! New ids for new files.

use std::ffi::OsStr;
use std::time::SystemTime;

use crate::plan::Plan;

/// New ids for new files: no two alike, and none that of its source, so that
/// old and new store can be opened side by side.
pub(super) struct FileIds {
    seed: blake3::Hasher,
}

impl FileIds {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut seed = blake3::Hasher::new();
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        seed.update(&now.as_nanos().to_le_bytes());
        seed.update(&std::process::id().to_le_bytes());
        seed.update(plan.target.path.as_os_str().as_encoded_bytes());
        Self { seed }
    }

    pub(super) fn of(&self, name: &OsStr) -> [u8; 20] {
        let mut id = [0; 20];
        let mut hasher = self.seed.clone();
        hasher.update(name.as_encoded_bytes());
        hasher.finalize_xof().fill(&mut id);
        id
    }
}
