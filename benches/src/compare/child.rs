//! What this program does as a process of its own: the work of the real
//! library, whose memory is to be told apart, and taking memory.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use oracle::BulkCopy;

use super::Result;

/// The first argument of such a process.
pub(super) const WORD: &str = "child";
/// Takes so many bytes of memory and gives them back.
pub(super) const TOUCH: &str = "touch";

/// Copies by the real library: the usual way, and what was found to be the
/// fastest; each with the name of its work.
pub(super) fn bulk_copy(fastest: bool) -> (&'static str, BulkCopy) {
    let usual = BulkCopy::default();
    if !fastest {
        return ("bulk-copy", usual);
    }
    // A file that is read from end to end needs no cache, and a buffer that
    // stays in the processor's own is filled and emptied sooner.
    let fastest = BulkCopy {
        buffer: 256 << 10,
        source_cache: 1 << 20,
        ..usual
    };
    ("bulk-copy-fastest", fastest)
}

/// Does what the arguments say.
pub(super) fn work(arguments: &[OsString]) -> Result<()> {
    let copy = |work: &OsStr| {
        [false, true]
            .map(bulk_copy)
            .into_iter()
            .find(|(name, _)| work == *name)
    };
    match arguments {
        [work, bytes] if work == TOUCH => {
            let bytes = bytes.to_str().and_then(|bytes| bytes.parse().ok());
            // Not zeros: those would not be written.
            std::hint::black_box(vec![1_u8; bytes.ok_or("touch wants a number")?]);
        }
        [work, source, target] if copy(work).is_some() => {
            if let Some((_, copy)) = copy(work) {
                copy.run(Path::new(source), Path::new(target))?;
            }
        }
        _ => return Err("no such work".into()),
    }
    Ok(())
}
