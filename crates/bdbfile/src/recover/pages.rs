//! The pages that a replay changes: an overlay over files that are only read.
//! As many as the budget has room for are in memory, the others in a temporary
//! file.

use std::collections::HashMap;
use std::sync::Arc;

use super::page::PageEdit;
use super::refusal::{Refusal, Result};
use crate::Error;
use crate::layout::{
    Endian, LARGEST_HEADER, Lsn, Meta, PageHeader, PageLayout, PageNo, PageType, turn,
};
use crate::read::meta_checksum;
use crate::source::PageSource;
use crate::spill::{SpillFile, SpillPlace};

/// Which of the files, from 0.
pub(super) type FileNo = usize;

/// Bytes of pages that a log of no records may add to a file: a new hash table
/// gets all of its first buckets by one record.
const ADDED_AT_LEAST: u64 = 256 << 20;

/// Bytes of a file that are looked through at a time.
const AT_A_TIME: usize = 1 << 20;

/// What a page in memory costs beside its bytes.
const OVERHEAD: usize = 128;

/// The pages of all files.
pub(super) struct Pages {
    files: Vec<FilePages>,
    frames: Vec<Frame>,
    /// Frames of no page.
    idle: Vec<usize>,
    by_page: HashMap<(FileNo, PageNo), usize>,
    /// The frame at which the next one to give up is looked for.
    hand: usize,
    used: usize,
    budget: usize,
    spill: Arc<SpillFile>,
    /// The byte order of the images in the log, where it is not that of the
    /// files.
    images: Option<Endian>,
    /// How many records the log has: each adds one page, or doubles those of
    /// the buckets of a table.
    records: u64,
}

/// A file under its overlay.
struct FilePages {
    name: String,
    source: Option<Arc<dyn PageSource>>,
    /// How pages are laid out here, in the byte order of the log's images.
    layout: PageLayout,
    /// The byte order of the file.
    order: Endian,
    /// Pages that the file itself has, the last one perhaps in part.
    own: PageNo,
    /// Pages with those that were added.
    count: PageNo,
    /// Whether it was made shorter.
    is_cut: bool,
    /// Changed pages that are not in memory, by where they are.
    spilled: HashMap<PageNo, u64>,
}

/// A page in memory.
struct Frame {
    file: FileNo,
    pgno: PageNo,
    bytes: Vec<u8>,
    changed: bool,
    /// Looked at since the hand came by.
    wanted: bool,
}

/// The changed pages of a file, when a replay is over.
pub(super) struct Changed {
    pub(super) source: Option<Arc<dyn PageSource>>,
    pub(super) layout: PageLayout,
    /// The byte order of the file.
    pub(super) order: Endian,
    pub(super) count: PageNo,
    /// Bytes of the file itself that count.
    pub(super) own: u64,
    pub(super) memory: HashMap<PageNo, Vec<u8>>,
    pub(super) spilled: HashMap<PageNo, u64>,
}

impl Changed {
    /// Whether the file is as it was.
    pub(super) fn is_nothing(&self) -> bool {
        let own = self.source.as_ref().map_or(0, PageSource::len);
        self.memory.is_empty() && self.spilled.is_empty() && self.own == own
    }
}

impl Pages {
    /// No files yet. `memory` is in bytes.
    pub(super) fn new(memory: usize, place: SpillPlace, records: u64) -> Self {
        Self {
            files: Vec::new(),
            frames: Vec::new(),
            idle: Vec::new(),
            by_page: HashMap::new(),
            hand: 0,
            used: 0,
            budget: memory,
            spill: Arc::new(SpillFile::new(place)),
            images: None,
            records,
        }
    }

    /// Adds a file, or one that has nothing yet.
    pub(super) fn add(
        &mut self,
        name: &str,
        source: Option<Arc<dyn PageSource>>,
        layout: PageLayout,
    ) -> Result<FileNo> {
        let len = source.as_ref().map_or(0, PageSource::len);
        let own = PageNo::try_from(len.div_ceil(u64::from(layout.page_size))).map_err(|_| {
            Error::Limit {
                file: name.to_owned(),
                what: "the number of pages",
                limit: u64::from(PageNo::MAX),
            }
        })?;
        let file = self.files.len();
        self.files.push(FilePages {
            name: name.to_owned(),
            source,
            layout: PageLayout {
                endian: self.images.unwrap_or(layout.endian),
                ..layout
            },
            order: layout.endian,
            own,
            count: own,
            is_cut: false,
            spilled: HashMap::new(),
        });
        Ok(file)
    }

    /// Has the pages of all files in this byte order, whatever that of the
    /// files: the order of the images in the log.
    pub(super) fn set_order(&mut self, order: Endian) {
        self.images = Some(order);
    }

    /// The byte order of a file.
    pub(super) fn order(&self, file: FileNo) -> Endian {
        self.files
            .get(file)
            .map_or(Endian::Little, |file| file.order)
    }

    /// How the pages of a file are laid out.
    pub(super) fn layout(&self, file: FileNo) -> PageLayout {
        self.files.get(file).map_or(NO_LAYOUT, |file| file.layout)
    }

    /// How many pages a file has.
    pub(super) fn count(&self, file: FileNo) -> PageNo {
        self.files.get(file).map_or(0, |file| file.count)
    }

    /// The name of a file.
    pub(super) fn name(&self, file: FileNo) -> String {
        self.files
            .get(file)
            .map_or_else(String::new, |file| file.name.clone())
    }

    /// The bytes of a page; `None` beyond the end of its file.
    pub(super) fn page(&mut self, file: FileNo, pgno: PageNo) -> Result<Option<&[u8]>> {
        let Some(frame) = self.frame(file, pgno)? else {
            return Ok(None);
        };
        Ok(self.frames.get(frame).map(|frame| &*frame.bytes))
    }

    /// The LSN of a page; `None` beyond the end of its file.
    pub(super) fn lsn(&mut self, file: FileNo, pgno: PageNo) -> Result<Option<Lsn>> {
        let endian = self.layout(file).endian;
        let page = self.page(file, pgno)?;
        Ok(page.and_then(|page| Lsn::read(endian, page, 0)))
    }

    /// A page to change; `None` beyond the end of its file.
    pub(super) fn edit(&mut self, file: FileNo, pgno: PageNo) -> Result<Option<PageEdit<'_>>> {
        let layout = self.layout(file);
        let Some(frame) = self.frame(file, pgno)? else {
            return Ok(None);
        };
        Ok(self.frames.get_mut(frame).map(|frame| {
            frame.changed = true;
            PageEdit::new(layout, &mut frame.bytes)
        }))
    }

    /// Makes the file as long as it takes to have a page. The new ones are
    /// zeros.
    pub(super) fn extend(&mut self, file: FileNo, pgno: PageNo) -> Result<()> {
        let records = self.records;
        let Some(of) = self.files.get_mut(file) else {
            return Ok(());
        };
        let page_size = u64::from(of.layout.page_size);
        let at_least = ADDED_AT_LEAST.checked_div(page_size).unwrap_or_default();
        let most = at_least.saturating_add(records.saturating_mul(2));
        if pgno < of.count {
            return Ok(());
        }
        let count = pgno.saturating_add(1);
        if u64::from(count.saturating_sub(of.own)) > most {
            let file = of.name.clone();
            return Err(Error::Limit {
                file,
                what: "the number of pages that a log adds",
                limit: most,
            }
            .into());
        }
        of.count = count;
        Ok(())
    }

    /// Refuses where a page of a file was last changed beyond the end of the
    /// log. Every page is looked at: one that no record is about shows as well
    /// that files and logs do not belong together.
    pub(super) fn refuse_beyond(&self, last: Lsn) -> Result<()> {
        let mut room = Vec::new();
        for of in &self.files {
            let Some(source) = of.source.as_ref() else {
                continue;
            };
            let size = of.layout.page_len();
            let many = AT_A_TIME.max(size);
            let mut offset = 0;
            let mut pgno: PageNo = 0;
            while offset < source.len() {
                let left =
                    usize::try_from(source.len().saturating_sub(offset)).unwrap_or(usize::MAX);
                let bytes = source.run(offset, left.min(many), &mut room);
                let bytes = bytes.map_err(|source| Error::Io {
                    file: of.name.clone(),
                    action: format!("read {} bytes at {offset}", left.min(many)),
                    source,
                })?;
                for page in bytes.chunks(size) {
                    let found = Lsn::read(of.order, page, 0).unwrap_or_default();
                    if found.is_of_record() && found > last {
                        return Err(Refusal::PageBeyondLog {
                            name: of.name.clone(),
                            page: pgno,
                            found,
                            last,
                        }
                        .into());
                    }
                    pgno = pgno.saturating_add(1);
                }
                offset = offset.saturating_add(bytes.len().max(1) as u64);
            }
        }
        Ok(())
    }

    /// Whether any page of a file is changed.
    pub(super) fn is_changed(&self, file: FileNo) -> bool {
        let spilled = self
            .files
            .get(file)
            .is_some_and(|of| !of.spilled.is_empty());
        spilled
            || self
                .frames
                .iter()
                .any(|frame| frame.file == file && frame.changed && !frame.bytes.is_empty())
    }

    /// Makes the file end with a page, where it is longer.
    pub(super) fn cut(&mut self, file: FileNo, last: PageNo) {
        let Some(of) = self.files.get_mut(file) else {
            return;
        };
        let count = last.saturating_add(1);
        if count >= of.count {
            return;
        }
        of.count = count;
        of.own = of.own.min(count);
        of.is_cut = true;
        of.spilled.retain(|page, _| *page < count);
        for (at, frame) in self.frames.iter_mut().enumerate() {
            if frame.file == file && frame.pgno >= count && !frame.bytes.is_empty() {
                self.used = self.used.saturating_sub(taken_by(frame.bytes.len()));
                frame.bytes = Vec::new();
                frame.changed = false;
                self.by_page.remove(&(file, frame.pgno));
                self.idle.push(at);
            }
        }
    }

    /// The frame of a page, with its bytes read.
    fn frame(&mut self, file: FileNo, pgno: PageNo) -> Result<Option<usize>> {
        if let Some(at) = self.by_page.get(&(file, pgno)) {
            if let Some(frame) = self.frames.get_mut(*at) {
                frame.wanted = true;
            }
            return Ok(Some(*at));
        }
        let Some(of) = self.files.get(file) else {
            return Ok(None);
        };
        if pgno >= of.count {
            return Ok(None);
        }
        let len = of.layout.page_len();
        let at = self.room(len)?;
        let Some(frame) = self.frames.get_mut(at) else {
            return Ok(None);
        };
        frame.bytes.clear();
        frame.bytes.resize(len, 0);
        let (file_no, Some(of)) = (file, self.files.get_mut(file)) else {
            return Ok(None);
        };
        // What comes back from the temporary file goes there again.
        let spilled = of.spilled.get(&pgno).copied();
        if let Some(place) = spilled {
            self.spill.read(place, &mut frame.bytes)?;
        } else {
            of.read(pgno, &mut frame.bytes)?;
        }
        frame.file = file_no;
        frame.pgno = pgno;
        frame.changed = false;
        frame.wanted = true;
        self.used = self.used.saturating_add(taken_by(len));
        self.by_page.insert((file_no, pgno), at);
        Ok(Some(at))
    }

    /// A frame that is free for a page of `len` bytes; others are given up for
    /// it where the budget asks for that.
    fn room(&mut self, len: usize) -> Result<usize> {
        while self.used.saturating_add(taken_by(len)) > self.budget && !self.by_page.is_empty() {
            self.give_up()?;
        }
        if let Some(idle) = self.idle.pop() {
            return Ok(idle);
        }
        let new = self.frames.len();
        self.frames.push(Frame {
            file: 0,
            pgno: 0,
            bytes: Vec::new(),
            changed: false,
            wanted: false,
        });
        Ok(new)
    }

    /// Gives up a page that was not looked at for a while.
    fn give_up(&mut self) -> Result<()> {
        loop {
            if self.hand >= self.frames.len() {
                self.hand = 0;
            }
            let at = self.hand;
            self.hand = self.hand.saturating_add(1);
            let Some(frame) = self.frames.get_mut(at) else {
                return Ok(());
            };
            let key = (frame.file, frame.pgno);
            if self.by_page.get(&key) != Some(&at) {
                continue;
            }
            if std::mem::take(&mut frame.wanted) {
                continue;
            }
            if frame.changed
                && let Some(of) = self.files.get_mut(frame.file)
            {
                if let Some(place) = of.spilled.get(&frame.pgno) {
                    self.spill.replace(*place, &frame.bytes)?;
                } else {
                    let place = self.spill.append(&frame.bytes)?;
                    of.spilled.insert(frame.pgno, place);
                }
            }
            self.used = self.used.saturating_sub(taken_by(frame.bytes.len()));
            frame.bytes = Vec::new();
            self.by_page.remove(&key);
            self.idle.push(at);
            return Ok(());
        }
    }

    /// What was changed, file by file, and the temporary file.
    pub(super) fn finish(self) -> (Vec<Changed>, Arc<SpillFile>) {
        let mut files: Vec<Changed> = self
            .files
            .into_iter()
            .map(|file| Changed {
                own: file.own_bytes(),
                source: file.source,
                layout: file.layout,
                order: file.order,
                count: file.count,
                memory: HashMap::new(),
                spilled: file.spilled,
            })
            .collect();
        for frame in self.frames {
            if frame.changed
                && !frame.bytes.is_empty()
                && let Some(file) = files.get_mut(frame.file)
            {
                file.spilled.remove(&frame.pgno);
                file.memory.insert(frame.pgno, frame.bytes);
            }
        }
        (files, self.spill)
    }
}

impl FilePages {
    /// Bytes of the file itself that count.
    fn own_bytes(&self) -> u64 {
        let len = self.source.as_ref().map_or(0, PageSource::len);
        if self.is_cut {
            len.min(self.layout.offset_of(self.own))
        } else {
            len
        }
    }

    /// Reads a page as the file has it, with zeros for what it does not have.
    fn read(&self, pgno: PageNo, bytes: &mut [u8]) -> Result<()> {
        let Some(source) = self.source.as_ref().filter(|_| pgno < self.own) else {
            return Ok(());
        };
        let offset = self.layout.offset_of(pgno);
        let there = source.len().saturating_sub(offset);
        let there = usize::try_from(there)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        let part = bytes.get_mut(..there).unwrap_or_default();
        source.read_into(offset, part).map_err(|source| Error::Io {
            file: self.name.clone(),
            action: format!("read page {pgno}"),
            source,
        })?;
        let in_file = PageLayout {
            endian: self.order,
            ..self.layout
        };
        if self.layout.checksums && wrong_checksum(in_file, bytes) {
            return Err(Refusal::Checksum {
                name: self.name.clone(),
                page: pgno,
            }
            .into());
        }
        turn(in_file, bytes, self.layout.endian);
        Ok(())
    }
}

/// Whether a page that has a checksum has a wrong one. Pages that were never
/// written are zeros, and have none.
fn wrong_checksum(layout: PageLayout, bytes: &[u8]) -> bool {
    let head = bytes.get(..LARGEST_HEADER).unwrap_or(bytes);
    if head.iter().all(|byte| *byte == 0) {
        return false;
    }
    if is_meta(layout, bytes) {
        return meta_checksum(layout.endian, bytes).is_some();
    }
    layout
        .checksums_of(bytes)
        .is_some_and(|(found, right)| found != right)
}

/// Turns a changed page into the byte order of its file, and gives it its
/// checksum, where the file has checksums.
pub(super) fn seal(layout: PageLayout, order: Endian, bytes: &mut [u8]) {
    turn(layout, bytes, order);
    let layout = PageLayout {
        endian: order,
        ..layout
    };
    if !layout.checksums {
        return;
    }
    if is_meta(layout, bytes) {
        Meta::seal(layout.endian, bytes);
    } else {
        layout.seal(bytes);
    }
}

/// Memory that a page in memory takes.
const fn taken_by(len: usize) -> usize {
    len.saturating_add(OVERHEAD)
}

/// Whether a page is a metadata page, by its type, which stands in the same
/// place on all pages.
fn is_meta(layout: PageLayout, bytes: &[u8]) -> bool {
    PageHeader::read(layout.endian, bytes).is_some_and(|header| {
        [PageType::HashMeta, PageType::BtreeMeta, PageType::QueueMeta]
            .into_iter()
            .any(|kind| header.is(kind))
    })
}

/// Of a file that is not there.
const NO_LAYOUT: PageLayout = PageLayout {
    endian: Endian::Little,
    page_size: crate::layout::MIN_PAGE_SIZE,
    checksums: false,
    bit_fields: false,
};
