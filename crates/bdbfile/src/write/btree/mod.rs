//! Btree databases, in pieces that may be built at the same time.
//!
//! * `piece`: a run of leaves, built before its place in the file is known.
//! * `seam`: where one piece follows another.
//! * `builder`: the simple way, one piece after the other from one thread.

mod builder;
mod piece;
mod seam;

use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Result;
use crate::layout::PageNo;
use crate::write::file::{Home, NewFile, Part};
use crate::write::params::BtreeParams;
use crate::write::sink::PageSink;

pub use builder::BtreeBuilder;
pub use piece::BtreePiece;

pub(super) use seam::shortest_separator;

use seam::Seams;

/// What was written of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// Records.
    pub records: u64,
    /// Leaves of the tree, duplicate trees not counted.
    pub leaves: u64,
    /// Levels of the tree, 1 when the root is a leaf.
    pub height: usize,
}

/// A btree being written. Its records are divided into pieces in their order;
/// the bytes of the file depend on how they are divided, and never on which
/// thread builds which piece when.
///
/// ```
/// use bdbfile::write::{BtreeParams, FileParams, MemorySink, NewFile};
///
/// let mut file = NewFile::new(MemorySink::new("doc.db"), &FileParams::default())?;
/// let btree = file.btree(None, &BtreeParams::default())?;
/// std::thread::scope(|scope| {
///     for (index, keys) in [["a", "b"], ["c", "d"]].into_iter().enumerate() {
///         let btree = &btree;
///         scope.spawn(move || {
///             let mut piece = btree.piece(index);
///             for key in keys {
///                 piece.push(key.as_bytes(), b"value")?;
///             }
///             piece.finish()
///         });
///     }
/// });
/// assert_eq!(btree.finish()?.records, 4);
/// let (sink, pages) = file.finish()?;
/// assert_eq!(sink.into_bytes().len(), pages as usize * 4096);
/// # Ok::<(), bdbfile::Error>(())
/// ```
#[derive(Debug)]
pub struct BtreeWriter<'f, W: PageSink> {
    file: &'f mut NewFile<W>,
    site: Site,
}

/// A btree being written, apart from the file it is written to.
#[derive(Debug)]
struct Site {
    home: Home,
    root: PageNo,
    /// The number of the first piece among all parts of the file.
    first: u64,
    tree: Arc<Tree>,
}

/// What the pieces of a btree share.
#[derive(Debug)]
struct Tree {
    params: BtreeParams,
    overflow_limit: usize,
    seams: Mutex<Seams>,
}

impl<'f, W: PageSink> BtreeWriter<'f, W> {
    pub(super) fn new(file: &'f mut NewFile<W>, home: Home, params: &BtreeParams) -> Result<Self> {
        let site = Site::new(file, home, params)?;
        Ok(Self { file, site })
    }

    /// Begins a piece. Pieces are numbered from 0 without gaps, in the order
    /// of their keys; each begins with another key than the one before it
    /// ends with. To finish a piece waits until those before it are finished,
    /// so a thread that builds several takes them in their order.
    pub fn piece(&self, index: usize) -> BtreePiece<W> {
        self.site.piece(self.file, index)
    }

    /// Writes what is left when all pieces are finished.
    ///
    /// # Errors
    /// [`Error::GivenUp`](crate::Error::GivenUp) when a piece was not finished,
    /// [`Error::Io`](crate::Error::Io).
    pub fn finish(self) -> Result<Written> {
        self.site.finish(self.file)
    }
}

impl Site {
    fn new<W: PageSink>(file: &NewFile<W>, home: Home, params: &BtreeParams) -> Result<Self> {
        let layout = file.shared().layout;
        let overflow_limit = params.overflow_limit(layout)?;
        let root = file.root(home)?;
        let (first, _) = file.now()?;
        Ok(Self {
            home,
            root,
            first,
            tree: Arc::new(Tree {
                params: params.clone(),
                overflow_limit,
                seams: Mutex::new(Seams::new(layout, params, overflow_limit)),
            }),
        })
    }

    fn piece<W: PageSink>(&self, file: &NewFile<W>, index: usize) -> BtreePiece<W> {
        let ticket = self.first.saturating_add(index as u64);
        BtreePiece::new(Part::new(file.shared(), ticket), Arc::clone(&self.tree))
    }

    fn finish<W: PageSink>(self, file: &mut NewFile<W>) -> Result<Written> {
        let (_, end) = file.now()?;
        let tree = Arc::try_unwrap(self.tree).map_err(|_| file.given_up())?;
        let seams = tree.seams.into_inner();
        let seams = seams.unwrap_or_else(PoisonError::into_inner);
        let mut pages = file.final_pages(end);
        let written = seams.finish(&mut pages, self.root)?;
        let end = pages.end();
        file.reserve(end);
        let meta = tree.params.meta(file.heading(self.home), self.root);
        file.finished(self.home, meta)?;
        Ok(written)
    }
}
