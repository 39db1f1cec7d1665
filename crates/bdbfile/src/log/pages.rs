//! The newest change that any page of a database file carries.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::failed;
use crate::error::broken;
use crate::layout::{Endian, Lsn, MAX_PAGE_SIZE, MIN_PAGE_SIZE, PageNo, Preamble};
use crate::source::open_plain;
use crate::{Place, Result, Rule};

/// Bytes read at a time: a whole number of pages of every size.
const CHUNK: usize = MAX_PAGE_SIZE as usize;

/// The page whose last logged change is the newest of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewestPage {
    /// The database file.
    pub file: PathBuf,
    /// The page.
    pub page: PageNo,
    /// The log record of its last change.
    pub lsn: Lsn,
}

impl NewestPage {
    /// Looks through the page headers of a database file of any kind. `None`
    /// when no page was ever changed under a log. A reader that goes through
    /// the pages anyway can build the same from what it sees.
    pub fn of_file(path: &Path) -> Result<Option<Self>> {
        let name = path.display().to_string();
        let mut input = open_plain(path).map_err(|e| failed(path, "open the file", e))?;
        let mut chunk = vec![0; CHUNK];
        let mut filled = fill(&mut input, &mut chunk, path)?;
        let Some(preamble) = chunk
            .get(..filled)
            .filter(|bytes| bytes.len() >= Preamble::SIZE)
            .and_then(Preamble::read)
        else {
            return Err(broken(&name, Place::FILE, Rule::NotBerkeleyDb, ""));
        };
        let size = preamble.page_size;
        if !size.is_power_of_two() || !(MIN_PAGE_SIZE..=MAX_PAGE_SIZE).contains(&size) {
            return Err(broken(&name, Place::FILE, Rule::PageSize, size.to_string()));
        }
        if preamble.encryption != 0 {
            let found = format!("algorithm {}", preamble.encryption);
            return Err(broken(&name, Place::FILE, Rule::Encrypted, found));
        }
        let too_long = || broken(&name, Place::FILE, Rule::FileSize, "more than 2^32 pages");
        // Asked first: a file with holes may be of any length, and to read all
        // of the nothing in it takes for ever.
        let metadata = input.metadata();
        let len = metadata.map_err(|e| failed(path, "ask for the length", e))?;
        PageNo::try_from(len.len().div_ceil(size.into())).map_err(|_| too_long())?;

        let mut newest: Option<(Lsn, PageNo)> = None;
        let mut page: PageNo = 0;
        while filled > 0 {
            for bytes in chunk
                .get(..filled)
                .unwrap_or_default()
                .chunks(size as usize)
            {
                if let Some(lsn) = logged_lsn(preamble.endian, bytes)
                    && newest.is_none_or(|(best, _)| lsn > best)
                {
                    newest = Some((lsn, page));
                }
                page = page.checked_add(1).ok_or_else(too_long)?;
            }
            filled = fill(&mut input, &mut chunk, path)?;
        }
        Ok(newest.map(|(lsn, page)| Self {
            file: path.to_owned(),
            page,
            lsn,
        }))
    }
}

/// The LSN at the head of a page, if it is that of a log record: neither "none"
/// nor "not logged" nor the mark 1/0 of a page made by recovery.
fn logged_lsn(endian: Endian, page: &[u8]) -> Option<Lsn> {
    Lsn::read(endian, page, 0).filter(|lsn| lsn.is_of_record())
}

/// Reads until the buffer is full or the file ends.
fn fill(input: &mut File, buffer: &mut [u8], path: &Path) -> Result<usize> {
    let mut filled = 0_usize;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) => break,
            Ok(n) => filled = filled.saturating_add(n),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(failed(path, "read page headers", e)),
        }
    }
    Ok(filled)
}
