//! Hash databases, in pieces that may be built at the same time.
//!
//! The first pages of all buckets stand side by side, so their numbers are
//! known from the start; what does not fit them gets pages of the piece.
//!
//! * `params`: what kind of table; `table`: its buckets.
//! * `space`: what records take on the pages of buckets.
//! * `page`: one page of a bucket being filled.
//! * `bucket`: the pages of one bucket.
//! * `piece`: any number of buckets, one after the other.

mod bucket;
mod page;
mod params;
mod piece;
mod space;
mod table;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};
use crate::layout::{HashFields, Lsn, NO_PAGE, PageHeader, PageLayout, PageNo};
use crate::write::file::{Home, NewFile, Part};
use crate::write::pages::{shifted, write_at};
use crate::write::sink::PageSink;

pub use params::{HASH_VERSION, HASH_VERSION_OLD, HASH_VERSION_SORTED, HashParams};
pub use piece::HashPiece;
pub use table::HashTable;

pub(super) use space::{Space, Tally};

/// What was written of a hash database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct HashWritten {
    /// Records, each duplicate for itself.
    pub records: u64,
    /// Keys.
    pub keys: u64,
    /// Buckets with records.
    pub buckets: u64,
}

/// A hash database being written. The bytes of the file depend on how buckets
/// are divided into pieces, and never on which thread builds which piece when.
///
/// ```
/// use bdbfile::layout::default_hash;
/// use bdbfile::write::{FileParams, HashParams, HashTable, MemorySink, NewFile};
///
/// let mut file = NewFile::new(MemorySink::new("doc.db"), &FileParams::default())?;
/// let table = HashTable::of_buckets(2);
/// let params = HashParams { table: Some(table), ..HashParams::default() };
/// let hash = file.hash(None, &params)?;
/// let mut piece = hash.piece(0);
/// piece.push(table.bucket_of(default_hash(b"key")), b"key", b"value")?;
/// piece.finish()?;
/// assert_eq!(hash.finish()?.records, 1);
/// // The metadata page and two buckets.
/// let (_sink, pages) = file.finish()?;
/// assert_eq!(pages, 3);
/// # Ok::<(), bdbfile::Error>(())
/// ```
#[derive(Debug)]
pub struct HashWriter<'f, W: PageSink> {
    file: &'f mut NewFile<W>,
    home: Home,
    /// The number of the first piece among all parts of the file.
    first_piece: u64,
    shared: Arc<Shared>,
}

/// What the pieces of a table share.
#[derive(Debug)]
struct Shared {
    params: HashParams,
    table: HashTable,
    /// The page of bucket 0; the others follow.
    first_page: PageNo,
    space: Space,
    /// Items of duplicate trees longer than this go to chains.
    overflow_limit: usize,
    /// One bit a bucket: whether a piece has written it.
    written: Vec<AtomicU64>,
    records: AtomicU64,
    keys: AtomicU64,
}

impl<'f, W: PageSink> HashWriter<'f, W> {
    pub(super) fn new(file: &'f mut NewFile<W>, home: Home, params: &HashParams) -> Result<Self> {
        let layout = file.shared().layout;
        let table = params.check(layout)?;
        let overflow_limit = layout.overflow_limit(2).unwrap_or_default();
        let (_, first_page) = file.now()?;
        let name = file.shared().sink.name();
        let last_page = shifted(name, first_page, table.high_mask())?;
        file.reserve(shifted(name, last_page, 1)?);
        let words = (table.high_mask() as usize / 64).saturating_add(1);
        let (first_piece, _) = file.now()?;
        Ok(Self {
            home,
            first_piece,
            shared: Arc::new(Shared {
                params: params.clone(),
                table,
                first_page,
                space: Space::new(layout, params.duplicates),
                overflow_limit,
                written: (0..words).map(|_| AtomicU64::new(0)).collect(),
                records: AtomicU64::new(0),
                keys: AtomicU64::new(0),
            }),
            file,
        })
    }

    /// Begins a piece. Pieces are numbered from 0 without gaps; each bucket
    /// belongs to one of them. To finish a piece waits until those before it
    /// are finished, so a thread that builds several takes them in their order.
    pub fn piece(&self, index: usize) -> HashPiece<W> {
        let ticket = self.first_piece.saturating_add(index as u64);
        HashPiece::new(
            Part::new(self.file.shared(), ticket),
            Arc::clone(&self.shared),
        )
    }

    /// Writes the pages of empty buckets when all pieces are finished.
    ///
    /// # Errors
    /// [`Error::GivenUp`] when a piece was not finished, [`Error::Io`].
    pub fn finish(self) -> Result<HashWritten> {
        // An error if a piece was given up.
        self.file.now()?;
        let shared = Arc::try_unwrap(self.shared).map_err(|_| self.file.given_up())?;
        let file = self.file.shared();
        shared.write_empty_buckets(file.layout, &file.sink)?;
        let written = HashWritten {
            records: shared.records.load(Ordering::Relaxed),
            keys: shared.keys.load(Ordering::Relaxed),
            buckets: shared.written_buckets(),
        };
        let fields = shared.fields(written.keys);
        let heading = self.file.heading(self.home);
        let meta = shared.params.meta(heading, fields);
        self.file.finished(self.home, meta)?;
        Ok(written)
    }
}

/// Bytes of empty pages that are written at a time.
const EMPTY_AT_ONCE: u32 = 1 << 20;

impl Shared {
    /// Notes that a bucket is being written.
    fn begin_bucket(&self, bucket: u32, file: &str) -> Result<()> {
        let refused = |why: &str| Err(Error::Parameter(format!("{file}: bucket {bucket} {why}")));
        if bucket > self.table.max_bucket() {
            return refused("is none of the table");
        }
        let Some(word) = self.written.get(bucket as usize / 64) else {
            return Ok(());
        };
        let bit = 1_u64 << (bucket % 64);
        if word.fetch_or(bit, Ordering::Relaxed) & bit != 0 {
            return refused("was written already: all of its records go together");
        }
        Ok(())
    }

    /// The first page of a bucket.
    fn page_of(&self, bucket: u32) -> PageNo {
        self.first_page.saturating_add(bucket)
    }

    fn is_written(&self, bucket: u32) -> bool {
        self.written
            .get(bucket as usize / 64)
            .is_some_and(|word| word.load(Ordering::Relaxed) >> (bucket % 64) & 1 != 0)
    }

    fn written_buckets(&self) -> u64 {
        let ones = |word: &AtomicU64| u64::from(word.load(Ordering::Relaxed).count_ones());
        self.written.iter().map(ones).sum()
    }

    /// Writes the pages of all buckets that no piece has written: those
    /// without records, and those of the last doubling that are not in use.
    fn write_empty_buckets<W: PageSink>(&self, layout: PageLayout, sink: &W) -> Result<()> {
        let at_once = EMPTY_AT_ONCE.checked_div(layout.page_size).unwrap_or(1);
        let mut pages = Vec::new();
        let mut bucket = 0_u32;
        let last = self.table.high_mask();
        loop {
            let (first, mut count) = (bucket, 0);
            while count < at_once && bucket <= last && !self.is_written(bucket) {
                let at = pages.len();
                pages.resize(at.saturating_add(layout.page_len()), 0);
                let page = pages.get_mut(at..).unwrap_or_default();
                self.empty_page(layout, self.page_of(bucket), page);
                count = count.saturating_add(1);
                bucket = bucket.saturating_add(1);
            }
            if count > 0 {
                write_at(sink, layout, self.page_of(first), &pages)?;
                pages.clear();
            } else if bucket >= last {
                return Ok(());
            } else {
                bucket = bucket.saturating_add(1);
            }
        }
    }

    fn empty_page(&self, layout: PageLayout, pgno: PageNo, page: &mut [u8]) {
        PageHeader {
            lsn: Lsn::NOT_LOGGED,
            pgno,
            prev: NO_PAGE,
            next: NO_PAGE,
            entries: 0,
            // 65536 does not fit and is written as 0, as libdb does.
            hf_offset: u16::try_from(layout.page_len()).unwrap_or_default(),
            level: 0,
            page_type: self.params.page_type() as u8,
        }
        .write(layout.endian, page);
        layout.seal(page);
    }

    fn fields(&self, keys: u64) -> HashFields {
        let mut fields = self.table.fields(self.first_page, self.params.ffactor);
        fields.nelem = u32::try_from(keys).unwrap_or(u32::MAX).min(MOST_ELEMENTS);
        fields
    }
}

/// libdb's verify takes a greater number of elements for damage (read).
const MOST_ELEMENTS: u32 = 0x8000_0000;
