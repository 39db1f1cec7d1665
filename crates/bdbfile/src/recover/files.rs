//! The database files, by their ids: which there are, what they are called, and
//! which the log makes, renames and removes.
//!
//! A file is known by the 20 bytes on its metadata page; a record names it so,
//! or by a number that was registered with them. Names are only for people.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::bindings::{Registered, Uid};
use super::pages::{FileNo, Pages};
use super::refusal::{Refusal, Result};
use super::{FileState, Given};
use crate::layout::{
    Endian, Kind, Lsn, MAX_PAGE_SIZE, META_USED, MIN_PAGE_SIZE, Meta, PageLayout, PageNo, Preamble,
    turn,
};
use crate::source::PageSource;
use crate::{Error, Rule};

/// All files.
#[derive(Default)]
pub(super) struct Files {
    known: Vec<Known>,
    by_uid: HashMap<Uid, usize>,
    /// Files that are being made, by the names they have meanwhile.
    in_making: HashMap<String, Uid>,
    /// Files that records change and that are not there: the first such record.
    absent: HashMap<Uid, (String, Lsn)>,
}

/// A file.
pub(super) struct Known {
    /// What it is called now.
    pub(super) name: String,
    /// What it was called when it was given; `None` for one that the log made.
    pub(super) given: Option<String>,
    /// Its pages; `None` for one of which nothing is known but its bytes.
    pub(super) pages: Option<FileNo>,
    source: Option<Arc<dyn PageSource>>,
    removed: bool,
}

impl Files {
    /// Takes in the files there are. `registered` are those that the log knows.
    pub(super) fn take(
        &mut self,
        given: Vec<Given>,
        registered: &[Registered],
        pages: &mut Pages,
    ) -> Result<()> {
        for file in given {
            let known = match identity(&file)? {
                Some((uid, layout)) => registered
                    .iter()
                    .find(|known| known.uid == uid)
                    .map(|known| (known, layout)),
                None => None,
            };
            let Some((by_log, layout)) = known else {
                // No record is about it.
                self.known.push(Known::bystander(file));
                continue;
            };
            refuse_encrypted(&file)?;
            let named = |name: &str| base(&by_log.name) == name;
            let twin = self.by_uid.get(&by_log.uid).copied();
            if let Some(twin) = twin.and_then(|at| self.known.get_mut(at)) {
                // Of copies the one is meant that has the name in the log.
                if named(&file.name) == named(&twin.name) {
                    return Err(Refusal::SameId {
                        one: twin.name.clone(),
                        other: file.name,
                    }
                    .into());
                }
                if named(&twin.name) {
                    self.known.push(Known::bystander(file));
                    continue;
                }
                twin.pages = None;
            }
            self.by_uid.insert(by_log.uid, self.known.len());
            self.known.push(Known::given(&file, pages, layout)?);
        }
        Ok(())
    }

    /// The pages of the file of an id.
    pub(super) fn pages(&self, uid: &Uid) -> Option<FileNo> {
        self.known.get(*self.by_uid.get(uid)?)?.pages
    }

    /// Notes that a record changes a file that is not there.
    pub(super) fn miss(&mut self, registered: &Registered, lsn: Lsn) {
        self.absent
            .entry(registered.uid)
            .or_insert_with(|| (registered.name.clone(), lsn));
    }

    /// Writes the first image of a page of a file, unless the file has it.
    /// One that is not there is made. `lsn` is put on the page; an image without
    /// one is as it is in the file.
    pub(super) fn write(
        &mut self,
        uid: Uid,
        (name, pgno): (&str, PageNo),
        image: &[u8],
        lsn: Option<Lsn>,
        pages: &mut Pages,
    ) -> Result<()> {
        let at = if let Some(at) = self.by_uid.get(&uid) {
            *at
        } else {
            let Some(layout) = layout_of(image) else {
                return Ok(());
            };
            self.make(uid, name, layout, pages)?
        };
        let Some(file) = self.known.get(at).and_then(|known| known.pages) else {
            return Ok(());
        };
        let layout = pages.layout(file);
        let in_file = PageLayout {
            endian: pages.order(file),
            ..layout
        };
        if let Some(page) = pages.page(file, pgno)?
            && page.iter().any(|byte| *byte != 0)
        {
            return Ok(());
        }
        pages.extend(file, pgno)?;
        if let Some(mut page) = pages.edit(file, pgno)? {
            let len = image.len().min(layout.page_len());
            page.put(0, image.get(..len).unwrap_or_default());
            match lsn {
                Some(lsn) => page.set_lsn(lsn),
                None => turn(in_file, page.bytes, layout.endian),
            }
        }
        Ok(())
    }

    /// Bytes that are written into a file which is being made: its metadata
    /// page first, by which its id is known from then on.
    pub(super) fn write_in_making(
        &mut self,
        name: &str,
        pgno: PageNo,
        image: &[u8],
        pages: &mut Pages,
    ) -> Result<()> {
        if pgno == 0 {
            self.in_making.remove(name);
            if let Some(uid) = uid_of(image) {
                self.in_making.insert(name.to_owned(), uid);
            }
        }
        match self.in_making.get(name) {
            Some(uid) => self.write(*uid, (name, pgno), image, None, pages),
            None => Ok(()),
        }
    }

    /// Gives a file another name.
    pub(super) fn rename(&mut self, uid: &Uid, name: &str) {
        if let Some(known) = self.known_mut(uid) {
            base(name).clone_into(&mut known.name);
        }
    }

    /// A file is removed.
    pub(super) fn remove(&mut self, uid: &Uid) {
        self.absent.remove(uid);
        if let Some(known) = self.known_mut(uid) {
            known.removed = true;
        }
    }

    /// Refuses where a file that is changed is not there.
    pub(super) fn refuse_absent(&self) -> Result<()> {
        let absent = self
            .absent
            .iter()
            .filter(|(uid, _)| !self.by_uid.contains_key(*uid));
        match absent.map(|(_, found)| found).min_by_key(|(_, lsn)| *lsn) {
            None => Ok(()),
            Some((name, lsn)) => Err(Refusal::FileMissing {
                name: name.clone(),
                lsn: *lsn,
            }
            .into()),
        }
    }

    /// All files, in the order in which they were given, then as they were made.
    pub(super) fn into_known(self) -> Vec<Known> {
        self.known
    }

    fn known_mut(&mut self, uid: &Uid) -> Option<&mut Known> {
        self.known.get_mut(*self.by_uid.get(uid)?)
    }

    fn make(
        &mut self,
        uid: Uid,
        name: &str,
        layout: PageLayout,
        pages: &mut Pages,
    ) -> Result<usize> {
        // A file of this name that has no metadata page is this one, of which
        // the first page never reached the disk.
        let name = base(name);
        let begun = self.known.iter().position(|known| {
            known.pages.is_none()
                && known.name == name
                && known
                    .source
                    .as_ref()
                    .is_some_and(|source| is_unmade(&**source))
        });
        let at = begun.unwrap_or(self.known.len());
        if begun.is_none() {
            self.known.push(Known {
                name: name.to_owned(),
                given: None,
                pages: None,
                source: None,
                removed: false,
            });
        }
        if let Some(known) = self.known.get_mut(at) {
            known.pages = Some(pages.add(name, known.source.clone(), layout)?);
        }
        self.by_uid.insert(uid, at);
        Ok(at)
    }
}

impl Known {
    fn given(file: &Given, pages: &mut Pages, layout: PageLayout) -> Result<Self> {
        Ok(Self {
            name: file.name.clone(),
            given: Some(file.name.clone()),
            pages: Some(pages.add(&file.name, Some(Arc::clone(&file.source)), layout)?),
            source: Some(Arc::clone(&file.source)),
            removed: false,
        })
    }

    /// A file that no record changes. One that only keeps the name of another,
    /// which was being renamed or removed, is no part of the store.
    fn bystander(file: Given) -> Self {
        Self {
            removed: keeps_a_name(&*file.source),
            given: Some(file.name.clone()),
            name: file.name,
            pages: None,
            source: Some(file.source),
        }
    }

    /// What became of it; `changed`: its bytes are not those that were given.
    pub(super) fn state(&self, changed: bool) -> FileState {
        match &self.given {
            _ if self.removed => FileState::Removed,
            None => FileState::Created,
            Some(given) if *given != self.name => FileState::Renamed {
                from: given.clone(),
            },
            Some(_) if !changed => FileState::Kept,
            Some(_) => FileState::Changed,
        }
    }

    /// Whether the log made it and removed it again.
    pub(super) fn is_gone(&self) -> bool {
        self.removed && self.given.is_none()
    }

    /// Its bytes, for one of which nothing else is known.
    pub(super) fn source(&self) -> Option<&Arc<dyn PageSource>> {
        self.source.as_ref()
    }
}

/// The name of a file without the directory that it may be in.
fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// The id of a file and how its pages are laid out; `None` for what is no
/// database, or has no metadata page yet.
fn identity(file: &Given) -> Result<Option<(Uid, PageLayout)>> {
    let head = head(file)?;
    Ok(uid_of(&head).zip(layout_of(&head)))
}

/// The first bytes of a file, as far as a metadata page uses them.
fn head(file: &Given) -> Result<Cow<'_, [u8]>> {
    let len = usize::try_from(file.source.len()).map_or(META_USED, |len| len.min(META_USED));
    let head = file.source.bytes(0, len).map_err(|source| Error::Io {
        file: file.name.clone(),
        action: "read the metadata page".to_owned(),
        source,
    })?;
    Ok(head)
}

/// Refuses a file whose pages cannot be looked at.
fn refuse_encrypted(file: &Given) -> Result<()> {
    let head = head(file)?;
    if Preamble::read(&head).is_some_and(|preamble| preamble.encryption != 0) {
        return Err(Refusal::File {
            name: file.name.clone(),
            found: Rule::Encrypted.text().to_owned(),
        }
        .into());
    }
    Ok(())
}

/// Whether a file only keeps the name of one that was being renamed or removed.
fn keeps_a_name(source: &dyn PageSource) -> bool {
    let len = usize::try_from(source.len()).map_or(META_USED, |len| len.min(META_USED));
    source.bytes(0, len).is_ok_and(|head| {
        Preamble::read(&head).is_some_and(|preamble| preamble.kind == Kind::HalfRenamed)
    })
}

/// Whether a file has nothing where its metadata page should be.
fn is_unmade(source: &dyn PageSource) -> bool {
    let len = usize::try_from(source.len()).map_or(META_USED, |len| len.min(META_USED));
    source
        .bytes(0, len)
        .is_ok_and(|head| head.iter().all(|byte| *byte == 0))
}

/// The metadata page that an image begins with.
fn meta_of(image: &[u8]) -> Option<(Endian, Meta)> {
    let endian = Preamble::read(image)?.endian;
    // Images in logs may end before the bytes that nothing is in.
    let mut whole = [0; META_USED];
    let len = image.len().min(META_USED);
    whole.get_mut(..len)?.copy_from_slice(image.get(..len)?);
    Some((endian, Meta::read(endian, &whole)?))
}

/// The id on a metadata page.
pub(super) fn uid_of(image: &[u8]) -> Option<Uid> {
    meta_of(image).map(|(_, meta)| meta.uid)
}

fn layout_of(image: &[u8]) -> Option<PageLayout> {
    let (endian, meta) = meta_of(image)?;
    let size = meta.page_size;
    (size.is_power_of_two() && (MIN_PAGE_SIZE..=MAX_PAGE_SIZE).contains(&size)).then_some(())?;
    Some(PageLayout {
        endian,
        page_size: size,
        checksums: meta.has_checksums(),
        bit_fields: false,
    })
}
