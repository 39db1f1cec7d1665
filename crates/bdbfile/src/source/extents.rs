//! A queue whose pages lie in extent files beside it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{FileSource, PageSource, open_plain};
use crate::layout::{MAX_PAGE_SIZE, META_USED, MIN_PAGE_SIZE, Meta, PageNo, Preamble};

/// A queue and its extent files as one file: page `p` is in the extent
/// `(p - 1) / page_ext`, as the page `(p - 1) % page_ext` of the file
/// `__dbq.NAME.EXTENT` in the queue's directory. What is in no extent file
/// reads as zeros. All files are opened for reading only.
///
/// Any other database is read as [`FileSource`] reads it, so this source does
/// for all files of which nobody knows yet what they are.
///
/// ```no_run
/// use bdbfile::read::DatabaseFile;
/// use bdbfile::source::QueueExtents;
///
/// let file = DatabaseFile::open(QueueExtents::open("jobs.db".as_ref()).unwrap())?;
/// for record in file.database().records() {
///     println!("{:?}", record?.number);
/// }
/// # Ok::<(), bdbfile::Error>(())
/// ```
#[derive(Debug)]
pub struct QueueExtents {
    main: FileSource,
    extents: Option<Extents>,
}

/// The extent files of a queue that has some.
#[derive(Debug)]
struct Extents {
    /// Path of an extent file up to its number.
    stem: OsString,
    page_size: u64,
    /// Pages an extent.
    page_ext: u64,
    /// The extent files that are there: number, and length in bytes.
    lengths: BTreeMap<u32, u64>,
    /// Length of the whole in bytes.
    len: u64,
    /// The extent file read last; one is open at a time.
    open: Mutex<Option<(u32, Arc<File>)>>,
}

impl QueueExtents {
    /// Opens a database and, where it is a queue with extents, finds its
    /// extent files.
    pub fn open(path: &Path) -> io::Result<Self> {
        let main = FileSource::open(path)?;
        let extents = match fields(&main)? {
            Some((page_size, page_ext)) => Some(Extents::find(path, page_size, page_ext)?),
            None => None,
        };
        Ok(Self { main, extents })
    }
}

/// Page size and pages an extent of a queue that has extents. Whatever else the
/// file is, and whether it is sound, is asked when it is read.
fn fields(main: &FileSource) -> io::Result<Option<(u32, u32)>> {
    if main.len() < META_USED as u64 {
        return Ok(None);
    }
    let start = main.bytes(0, META_USED)?;
    let meta = Preamble::read(&start).and_then(|preamble| Meta::read(preamble.endian, &start));
    Ok(meta.and_then(|meta| {
        let page_ext = meta.queue()?.page_ext;
        let sized = (MIN_PAGE_SIZE..=MAX_PAGE_SIZE).contains(&meta.page_size);
        (sized && page_ext != 0).then_some((meta.page_size, page_ext))
    }))
}

impl Extents {
    fn find(path: &Path, page_size: u32, page_ext: u32) -> io::Result<Self> {
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        let dir = dir.map_or_else(|| PathBuf::from("."), Path::to_path_buf);
        let mut prefix = OsString::from("__dbq.");
        prefix.push(path.file_name().unwrap_or_default());
        prefix.push(".");
        let mut found = Self {
            stem: dir.join(&prefix).into_os_string(),
            page_size: u64::from(page_size),
            page_ext: u64::from(page_ext),
            lengths: BTreeMap::new(),
            len: u64::from(page_size),
            open: Mutex::new(None),
        };
        for entry in std::fs::read_dir(&dir)? {
            let entry = entry?;
            let Some(number) = extent_number(&entry.file_name(), &prefix) else {
                continue;
            };
            let bytes = std::fs::metadata(entry.path())?.len();
            let Some(range) = found.range(number, bytes) else {
                continue;
            };
            found.lengths.insert(number, bytes);
            let end = range.end.checked_next_multiple_of(found.page_size);
            found.len = found.len.max(end.unwrap_or(range.end));
        }
        Ok(found)
    }

    /// The bytes of the whole that an extent holds; `None` where it has no
    /// bytes or lies past the last page that there can be.
    fn range(&self, number: u32, bytes: u64) -> Option<Range<u64>> {
        let before = u64::from(number).saturating_mul(self.page_ext);
        let first = before.saturating_add(1);
        let used = bytes.min(self.page_ext.saturating_mul(self.page_size));
        let last = first.saturating_add(used.div_ceil(self.page_size));
        (used > 0 && last < u64::from(PageNo::MAX)).then(|| {
            let start = first.saturating_mul(self.page_size);
            start..start.saturating_add(used)
        })
    }

    /// The page that a byte is on, and where on it.
    fn divided(&self, at: u64) -> (u64, u64) {
        let page = at.checked_div(self.page_size).unwrap_or_default();
        (page, at.checked_rem(self.page_size).unwrap_or_default())
    }

    /// The number of the extent that has a page, counted from 0.
    fn extent_of(&self, index: u64) -> Option<u32> {
        u32::try_from(index.checked_div(self.page_ext)?).ok()
    }

    /// Reads bytes of one page of an extent. What is not there stays as it is.
    fn fill(&self, page: u64, within: u64, part: &mut [u8]) -> io::Result<()> {
        let Some(index) = page.checked_sub(1) else {
            return Ok(());
        };
        let (Some(number), Some(before)) =
            (self.extent_of(index), index.checked_rem(self.page_ext))
        else {
            return Ok(());
        };
        let at = before.saturating_mul(self.page_size).saturating_add(within);
        let len = self.lengths.get(&number).copied().unwrap_or_default();
        let there = usize::try_from(len.saturating_sub(at)).unwrap_or(usize::MAX);
        let there = there.min(part.len());
        match part.get_mut(..there) {
            Some(part) if there > 0 => self.file(number)?.read_exact_at(part, at),
            _ => Ok(()),
        }
    }

    /// The file of an extent.
    fn file(&self, number: u32) -> io::Result<Arc<File>> {
        // What a thread that panicked left is a whole entry all the same.
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match &*open {
            Some((known, file)) if *known == number => Ok(Arc::clone(file)),
            _ => {
                let mut path = self.stem.clone();
                path.push(number.to_string());
                let file = Arc::new(open_plain(Path::new(&path))?);
                *open = Some((number, Arc::clone(&file)));
                Ok(file)
            }
        }
    }
}

/// The number of an extent file, if a file is one of this queue.
fn extent_number(name: &OsStr, prefix: &OsStr) -> Option<u32> {
    let digits = name.as_bytes().strip_prefix(prefix.as_bytes())?;
    let number: u32 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    // Not "+1" nor "01", which are other files.
    (number.to_string().as_bytes() == digits).then_some(number)
}

impl PageSource for QueueExtents {
    fn name(&self) -> &str {
        self.main.name()
    }

    fn len(&self) -> u64 {
        match &self.extents {
            Some(extents) => extents.len.max(self.main.len()),
            None => self.main.len(),
        }
    }

    fn bytes(&self, offset: u64, len: usize) -> io::Result<Cow<'_, [u8]>> {
        let Some(extents) = &self.extents else {
            return self.main.bytes(offset, len);
        };
        let end = offset.checked_add(len as u64);
        if end.is_none_or(|end| end > self.len()) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if end.is_some_and(|end| end <= extents.page_size) {
            return self.main.bytes(offset, len);
        }
        let mut bytes = vec![0; len];
        let (mut at, mut rest) = (offset, bytes.as_mut_slice());
        while !rest.is_empty() {
            let (page, within) = extents.divided(at);
            let left = usize::try_from(extents.page_size.saturating_sub(within));
            let left = left.unwrap_or(usize::MAX);
            let (part, after) = rest.split_at_mut(left.min(rest.len()));
            if page == 0 {
                part.copy_from_slice(&self.main.bytes(at, part.len())?);
            } else {
                extents.fill(page, within, part)?;
            }
            at = at.saturating_add(part.len() as u64);
            rest = after;
        }
        Ok(Cow::Owned(bytes))
    }

    fn run<'a>(&'a self, offset: u64, len: usize, room: &'a mut Vec<u8>) -> io::Result<&'a [u8]> {
        if self.extents.is_none() {
            return self.main.run(offset, len, room);
        }
        *room = self.bytes(offset, len)?.into_owned();
        Ok(room)
    }

    fn read_into(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        if self.extents.is_none() {
            return self.main.read_into(offset, into);
        }
        into.copy_from_slice(&self.bytes(offset, into.len())?);
        Ok(())
    }

    fn data(&self, offset: u64) -> Option<Range<u64>> {
        let Some(extents) = &self.extents else {
            return (offset < self.len()).then(|| offset..self.len());
        };
        if offset < extents.page_size {
            return Some(offset..extents.page_size);
        }
        let (page, _) = extents.divided(offset);
        let number = extents.extent_of(page.saturating_sub(1))?;
        extents
            .lengths
            .range(number..)
            .filter_map(|(number, bytes)| extents.range(*number, *bytes))
            .find(|range| range.end > offset)
            .map(|range| range.start.max(offset)..range.end)
    }
}
