//! The same work done for each of several files, by all threads.

use std::cmp::Reverse;

use bdbfile::Workers;
use caldb::StoreFile;

use crate::database::Database;
use crate::error::{Error, Result};

/// Files of this size are worked on by several threads.
const LARGE: u64 = 16 << 20;

/// A file of which it is known how much work it is.
pub(crate) trait OfSize {
    /// Its length in bytes.
    fn bytes(&self) -> u64;
}

impl OfSize for StoreFile {
    fn bytes(&self) -> u64 {
        self.len()
    }
}

impl OfSize for Database {
    fn bytes(&self) -> u64 {
        self.len
    }
}

/// Does `work` for every file: the large ones one after the other, each by all
/// threads, then the small ones side by side, the larger ones first, so that no
/// thread waits long for the last; tells of the results in the order of the
/// files. The first error, in that order, is the answer; what has not
/// begun when one is met is left undone.
pub(crate) fn each_file<F: OfSize + Sync, T: Send>(
    files: &[&F],
    workers: Workers,
    work: impl Fn(usize, &F, Workers) -> Result<T> + Sync,
    done: &mut dyn FnMut(&T),
) -> Result<Vec<T>> {
    let (large, mut small): (Vec<_>, Vec<_>) = files
        .iter()
        .enumerate()
        .partition(|(_, file)| file.bytes() >= LARGE);
    small.sort_by_key(|(_, file)| Reverse(file.bytes()));
    let mut results = Vec::with_capacity(files.len());
    for (index, file) in large {
        let result = work(index, file, workers);
        let failed = result.is_err();
        results.push((index, result));
        if failed {
            break;
        }
    }
    if results.iter().all(|(_, result)| result.is_ok()) {
        let of_small = workers.each(small.len(), |index| {
            let (index, file) = at(&small, index)?;
            work(*index, file, Workers::ALONE)
        });
        results.extend(of_small.into_iter().filter_map(|(index, result)| {
            let (index, _) = small.get(index)?;
            Some((*index, result))
        }));
    }
    results.sort_by_key(|(index, _)| *index);
    let results = results.into_iter().map(|(_, result)| result);
    results.map(|result| result.inspect(&mut *done)).collect()
}

/// What is at an index that was counted before.
pub(crate) fn at<T>(items: &[T], index: usize) -> Result<&T> {
    items.get(index).ok_or_else(|| Error::Io {
        path: std::path::PathBuf::new(),
        action: "find the work to do",
        source: std::io::ErrorKind::InvalidInput.into(),
    })
}
