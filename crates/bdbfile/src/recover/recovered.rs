//! A file after recovery: the pages that were changed, over the file.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use super::pages::{Changed, seal};
use crate::layout::{Endian, PageLayout, PageNo};
use crate::source::PageSource;
use crate::spill::SpillFile;

/// The bytes of a recovered file. Reading them writes nothing. Clones are
/// cheap.
#[derive(Clone)]
pub struct RecoveredSource {
    name: String,
    overlay: Arc<Overlay>,
}

struct Overlay {
    source: Option<Arc<dyn PageSource>>,
    /// Bytes of the source that count.
    own: u64,
    len: u64,
    changes: Option<Changes>,
}

/// Pages that are other than in the file.
struct Changes {
    layout: PageLayout,
    order: Endian,
    pages: BTreeMap<PageNo, Place>,
    spill: Arc<SpillFile>,
}

/// Where a changed page is.
enum Place {
    Memory(Vec<u8>),
    Spilled(u64),
}

impl RecoveredSource {
    /// A file as it is.
    pub(super) fn unchanged(name: String, source: Arc<dyn PageSource>) -> Self {
        let len = source.len();
        Self {
            name,
            overlay: Arc::new(Overlay {
                source: Some(source),
                own: len,
                len,
                changes: None,
            }),
        }
    }

    /// A file with its changed pages.
    pub(super) fn changed(name: String, changed: Changed, spill: Arc<SpillFile>) -> Self {
        let (layout, order) = (changed.layout, changed.order);
        let own = changed.own;
        let spilled = changed.spilled.into_iter();
        let mut pages: BTreeMap<PageNo, Place> = spilled
            .map(|(page, at)| (page, Place::Spilled(at)))
            .collect();
        for (page, mut bytes) in changed.memory {
            seal(layout, order, &mut bytes);
            pages.insert(page, Place::Memory(bytes));
        }
        let overlay = Arc::new(Overlay {
            own,
            len: own.max(layout.offset_of(changed.count)),
            source: changed.source,
            changes: Some(Changes {
                layout,
                order,
                pages,
                spill,
            }),
        });
        Self { name, overlay }
    }

    /// The same under another name, which errors give it from then on.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..self
        }
    }

    /// How many pages are other than in the file.
    pub fn pages_changed(&self) -> u64 {
        let changes = self.overlay.changes.as_ref();
        changes.map_or(0, |changes| changes.pages.len() as u64)
    }
}

impl Overlay {
    /// Fills a buffer from the file and the changed pages over it.
    fn fill(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let end = offset.checked_add(into.len() as u64);
        if end.is_none_or(|end| end > self.len) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut own = 0;
        if let Some(source) = &self.source {
            let there = self.own.saturating_sub(offset);
            own = usize::try_from(there).unwrap_or(usize::MAX).min(into.len());
            if let Some(part) = into.get_mut(..own).filter(|part| !part.is_empty()) {
                source.read_into(offset, part)?;
            }
        }
        if let Some(rest) = into.get_mut(own..) {
            rest.fill(0);
        }
        let Some(changes) = self.changes.as_ref().filter(|_| !into.is_empty()) else {
            return Ok(());
        };
        let size = u64::from(changes.layout.page_size);
        let page_of = |at: u64| {
            let page = at.checked_div(size).unwrap_or_default();
            PageNo::try_from(page).unwrap_or(PageNo::MAX)
        };
        let last = offset.saturating_add(into.len() as u64).saturating_sub(1);
        let mut room = Vec::new();
        for (page, place) in changes.pages.range(page_of(offset)..=page_of(last)) {
            let bytes = changes.page(place, &mut room)?;
            let start = changes.layout.offset_of(*page);
            // The part of the page that is asked for.
            let skip = usize::try_from(offset.saturating_sub(start)).unwrap_or(usize::MAX);
            let at = usize::try_from(start.saturating_sub(offset)).unwrap_or(usize::MAX);
            let (Some(from), Some(to)) = (bytes.get(skip..), into.get_mut(at..)) else {
                continue;
            };
            let len = from.len().min(to.len());
            if let (Some(from), Some(to)) = (from.get(..len), to.get_mut(..len)) {
                to.copy_from_slice(from);
            }
        }
        Ok(())
    }
}

impl Changes {
    /// The bytes of a changed page.
    fn page<'a>(&self, place: &'a Place, room: &'a mut Vec<u8>) -> io::Result<&'a [u8]> {
        match place {
            Place::Memory(bytes) => Ok(bytes),
            Place::Spilled(at) => {
                room.resize(self.layout.page_len(), 0);
                self.spill.read(*at, room).map_err(io::Error::other)?;
                seal(self.layout, self.order, room);
                Ok(room)
            }
        }
    }
}

impl PageSource for RecoveredSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> u64 {
        self.overlay.len
    }

    fn bytes(&self, offset: u64, len: usize) -> io::Result<Cow<'_, [u8]>> {
        let overlay = &*self.overlay;
        if overlay.changes.is_none()
            && let Some(source) = &overlay.source
        {
            return source.bytes(offset, len);
        }
        if offset.saturating_add(len as u64) > overlay.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; len];
        overlay.fill(offset, &mut bytes)?;
        Ok(Cow::Owned(bytes))
    }

    fn read_into(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.overlay.fill(offset, into)
    }

    fn run<'a>(&'a self, offset: u64, len: usize, room: &'a mut Vec<u8>) -> io::Result<&'a [u8]> {
        let overlay = &*self.overlay;
        if overlay.changes.is_none()
            && let Some(source) = &overlay.source
        {
            return source.run(offset, len, room);
        }
        if offset.saturating_add(len as u64) > overlay.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        room.resize(len, 0);
        overlay.fill(offset, room)?;
        Ok(room)
    }

    fn release(&self, range: Range<u64>) {
        if let Some(source) = &self.overlay.source {
            let len = source.len();
            source.release(range.start.min(len)..range.end.min(len));
        }
    }
}

impl fmt::Debug for RecoveredSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecoveredSource")
            .field("name", &self.name)
            .field("len", &self.overlay.len)
            .field("pages_changed", &self.pages_changed())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::source::MemorySource;
    use crate::spill::SpillPlace;

    #[test]
    fn nothing_can_be_read_wherever_it_would_stand() {
        let layout = PageLayout {
            endian: Endian::Little,
            page_size: 512,
            checksums: false,
            bit_fields: false,
        };
        let changed = Changed {
            source: Some(Arc::new(MemorySource::new("memory", vec![0; 1024]))),
            layout,
            order: layout.endian,
            own: 1024,
            count: 2,
            memory: HashMap::from([(1, vec![1; 512])]),
            spilled: HashMap::new(),
        };
        let spill = Arc::new(SpillFile::new(SpillPlace::Directory(std::env::temp_dir())));
        let source = RecoveredSource::changed("memory".to_owned(), changed, spill);
        for offset in [0, 1, 511, 512, 513, 1024] {
            assert_eq!(*source.bytes(offset, 0).unwrap(), []);
            source.read_into(offset, &mut []).unwrap();
        }
        assert_eq!(*source.bytes(511, 2).unwrap(), [0, 1]);
    }
}
