//! A file being written: one database, or several and their directory.
//!
//! * `turns`: the order in which parts built at the same time get their places.
//! * `part`: a part of the file, built before its place is known; `buffer`: the
//!   memory it is built in.

mod buffer;
mod part;
mod turns;

use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::layout::{FIRST_ROOT, Kind, Meta, PageLayout, PageNo};
use crate::write::btree::BtreeWriter;
use crate::write::hash::{HASH_VERSION_OLD, HashParams, HashWriter};
use crate::write::pages::{FinalPages, Pages, write_at};
use crate::write::params::{
    BTREE_VERSION, BTREE_VERSION_OLD, BtreeParams, FileParams, QueueParams, RecnoParams,
};
use crate::write::queue::QueueWriter;
use crate::write::recno::RecnoWriter;
use crate::write::sink::PageSink;

use buffer::Buffer;
pub(super) use part::Part;
use turns::Turns;

/// Buffers of finished parts that are kept for others.
const BUFFERS_KEPT: usize = 64;

/// A file being written. Nothing of it is valid before
/// [`finish`](Self::finish).
#[derive(Debug)]
pub struct NewFile<W> {
    shared: Arc<Shared<W>>,
    file_id: [u8; 20],
    /// The metadata of the only database, written last of all.
    only: Option<Meta>,
    /// Names and metadata pages, where the file has a directory.
    names: Option<Vec<(Vec<u8>, PageNo)>>,
    directory_version: u32,
}

/// What all parts of a file share.
#[derive(Debug)]
pub(super) struct Shared<W> {
    pub(super) sink: W,
    pub(super) layout: PageLayout,
    pub(super) turns: Turns,
    buffers: Mutex<Vec<Buffer>>,
}

impl<W> Shared<W> {
    fn take_buffer(&self) -> Buffer {
        let mut buffers = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        buffers.pop().unwrap_or_default()
    }

    fn keep_buffer(&self, buffer: Buffer) {
        let mut buffers = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        if buffers.len() < BUFFERS_KEPT {
            buffers.push(buffer);
        }
    }
}

/// What the metadata of all databases of a file have alike.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heading {
    pub(super) layout: PageLayout,
    pub(super) file_id: [u8; 20],
    /// The metadata page.
    pub(super) pgno: PageNo,
    /// Whether it is one of several with names, or their directory: libdb
    /// refuses to open one that is not marked so.
    pub(super) named: bool,
}

/// Where a database stands in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    /// The only one.
    Only,
    /// The directory of the others.
    Directory,
    /// One with a name, by its metadata page.
    Named(PageNo),
}

impl Home {
    /// The metadata page.
    pub(super) fn meta(self) -> PageNo {
        match self {
            Self::Only | Self::Directory => 0,
            Self::Named(page) => page,
        }
    }
}

impl<W: PageSink> NewFile<W> {
    /// Begins a file with one database.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the parameters contradict each other.
    pub fn new(sink: W, params: &FileParams) -> Result<Self> {
        Self::begin(sink, params, None)
    }

    /// Begins a file with any number of databases, each with a name, and the
    /// directory that lists them.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the parameters contradict each other.
    pub fn with_names(sink: W, params: &FileParams) -> Result<Self> {
        Self::begin(sink, params, Some(Vec::new()))
    }

    fn begin(sink: W, params: &FileParams, names: Option<Vec<(Vec<u8>, PageNo)>>) -> Result<Self> {
        params.check()?;
        // Page 0 holds metadata; the root of a directory is the page after it.
        let end = if names.is_some() { FIRST_ROOT + 1 } else { 1 };
        Ok(Self {
            shared: Arc::new(Shared {
                sink,
                layout: PageLayout {
                    bit_fields: false,
                    ..params.layout
                },
                turns: Turns::new(end),
                buffers: Mutex::default(),
            }),
            file_id: params.file_id,
            only: None,
            names,
            directory_version: BTREE_VERSION,
        })
    }

    /// Begins a btree: the only database of the file (`None`), or one by its
    /// name. The one before it is finished.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the parameters contradict each other, for a
    /// name where the file has no directory or the other way round, and for a
    /// second database of the same name.
    pub fn btree(
        &mut self,
        name: Option<&[u8]>,
        params: &BtreeParams,
    ) -> Result<BtreeWriter<'_, W>> {
        let home = self.home(name)?;
        BtreeWriter::new(self, home, params)
    }

    /// Begins a recno database, as [`btree`](Self::btree) does a btree.
    ///
    /// # Errors
    /// As [`btree`](Self::btree).
    pub fn recno(
        &mut self,
        name: Option<&[u8]>,
        params: &RecnoParams,
    ) -> Result<RecnoWriter<'_, W>> {
        let home = self.home(name)?;
        RecnoWriter::new(self, home, params)
    }

    /// Begins a hash database, as [`btree`](Self::btree) does a btree.
    ///
    /// # Errors
    /// As [`btree`](Self::btree), and [`Error::Limit`] where the buckets are
    /// more than there can be pages.
    pub fn hash(&mut self, name: Option<&[u8]>, params: &HashParams) -> Result<HashWriter<'_, W>> {
        let home = self.home(name)?;
        HashWriter::new(self, home, params)
    }

    /// Begins a queue, which is always the only database of its file.
    ///
    /// # Errors
    /// As [`btree`](Self::btree).
    pub fn queue(&mut self, params: &QueueParams) -> Result<QueueWriter<'_, W>> {
        self.home(None)?;
        QueueWriter::new(self, params)
    }

    /// The name that errors give the file.
    pub fn name(&self) -> &str {
        self.shared.sink.name()
    }

    /// How the pages of the file are laid out.
    pub fn layout(&self) -> PageLayout {
        self.shared.layout
    }

    /// Finishes the file: its directory, last of all the page that makes it a
    /// Berkeley DB file. Gives the sink and the number of pages. Syncing is
    /// the caller's part.
    ///
    /// # Errors
    /// [`Error::Parameter`] when there is no database, [`Error::GivenUp`] when
    /// one was not finished, [`Error::Io`].
    pub fn finish(mut self) -> Result<(W, PageNo)> {
        if let Some(mut names) = self.names.take() {
            names.sort();
            self.directory(&names)?;
        }
        let (_, end) = self.shared.turns.now(self.shared.sink.name())?;
        let Some(mut meta) = self.only.take() else {
            let name = self.shared.sink.name();
            return Err(Error::Parameter(format!(
                "{name}: a file has at least one database, and each is finished"
            )));
        };
        meta.last_pgno = end.saturating_sub(1);
        self.write_meta(&meta)?;
        match Arc::try_unwrap(self.shared) {
            Ok(shared) => Ok((shared.sink, end)),
            Err(shared) => Err(Error::GivenUp {
                file: shared.sink.name().to_owned(),
            }),
        }
    }

    /// The place of the next database.
    fn home(&mut self, name: Option<&[u8]>) -> Result<Home> {
        let file = self.shared.sink.name().to_owned();
        let (turn, end) = self.shared.turns.now(&file)?;
        match (name, &mut self.names) {
            (None, None) if turn == 0 && self.only.is_none() => Ok(Home::Only),
            (Some(name), Some(names)) if names.iter().all(|(known, _)| known != name) => {
                let mut pages = FinalPages::new(&self.shared.sink, self.shared.layout, end);
                let meta = pages.allocate()?;
                self.shared.turns.pass(pages.end());
                names.push((name.to_vec(), meta));
                Ok(Home::Named(meta))
            }
            (Some(name), Some(_)) => Err(Error::Parameter(format!(
                "{file}: there is a database named {} already",
                name.escape_ascii()
            ))),
            (None, None) => Err(Error::Parameter(format!(
                "{file}: a second database needs a file with names"
            ))),
            _ => Err(Error::Parameter(format!(
                "{file}: databases have names in a file with a directory, and only there"
            ))),
        }
    }

    /// Writes the directory: a btree of names and page numbers.
    fn directory(&mut self, names: &[(Vec<u8>, PageNo)]) -> Result<()> {
        let params = BtreeParams {
            version: self.directory_version,
            ..BtreeParams::default()
        };
        let writer = BtreeWriter::new(self, Home::Directory, &params)?;
        let mut piece = writer.piece(0);
        for (name, page) in names {
            // Big-endian in files of either byte order.
            piece.push(name, &page.to_be_bytes())?;
        }
        piece.finish()?;
        writer.finish()?;
        Ok(())
    }

    pub(super) fn shared(&self) -> &Arc<Shared<W>> {
        &self.shared
    }

    /// The next part to be placed, and the first page number that is free.
    pub(super) fn now(&self) -> Result<(u64, PageNo)> {
        self.shared.turns.now(self.shared.sink.name())
    }

    /// Hands out final numbers from `next` on.
    pub(super) fn final_pages(&self, next: PageNo) -> FinalPages<'_, W> {
        FinalPages::new(&self.shared.sink, self.shared.layout, next)
    }

    /// Takes page numbers up to `end` out of those to be handed out.
    pub(super) fn reserve(&self, end: PageNo) {
        self.shared.turns.pass(end);
    }

    /// The root page of a tree: fixed for the only database of a file.
    pub(super) fn root(&self, home: Home) -> Result<PageNo> {
        match home {
            Home::Directory => Ok(FIRST_ROOT),
            Home::Only => {
                self.reserve(FIRST_ROOT + 1);
                Ok(FIRST_ROOT)
            }
            Home::Named(_) => {
                let mut pages = self.final_pages(self.now()?.1);
                let root = pages.allocate()?;
                self.reserve(pages.end());
                Ok(root)
            }
        }
    }

    /// What the metadata of a database says whatever its kind.
    pub(super) fn heading(&self, home: Home) -> Heading {
        Heading {
            layout: self.shared.layout,
            file_id: self.file_id,
            pgno: home.meta(),
            named: home != Home::Only,
        }
    }

    /// Takes the metadata of a finished database. Those on page 0 wait until
    /// the number of pages is known.
    pub(super) fn finished(&mut self, home: Home, meta: Meta) -> Result<()> {
        match home {
            Home::Only | Home::Directory => {
                self.only = Some(meta);
                Ok(())
            }
            Home::Named(_) => {
                // For a library that knows no newer version.
                if matches!(
                    (meta.kind, meta.version),
                    (Kind::Btree, BTREE_VERSION_OLD) | (Kind::Hash, HASH_VERSION_OLD)
                ) {
                    self.directory_version = BTREE_VERSION_OLD;
                }
                self.write_meta(&meta)
            }
        }
    }

    /// What whoever waits for a part that was given up is told.
    pub(super) fn given_up(&self) -> Error {
        Error::GivenUp {
            file: self.shared.sink.name().to_owned(),
        }
    }

    fn write_meta(&self, meta: &Meta) -> Result<()> {
        let layout = self.shared.layout;
        let mut page = vec![0; layout.page_len()];
        meta.write(layout.endian, &mut page);
        write_at(&self.shared.sink, layout, meta.pgno, &page)
    }
}
