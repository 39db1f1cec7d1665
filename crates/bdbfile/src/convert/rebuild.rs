//! A damaged file into a new one: what salvage finds whole, written.

use crate::convert::database::{Arrival, NewDatabase, RecordKey, Take, write_database};
use crate::convert::note::Note;
use crate::convert::{ConvertOptions, Converted, ConvertedDatabase, convert, plan};
use crate::error::{Error, Result};
use crate::layout::{Meta, PageLayout};
use crate::read::DatabaseFile;
use crate::salvage::{Mode, Origin, SalvageReport, Salvaged, State, salvage};
use crate::source::PageSource;
use crate::write::{
    BtreeParams, Duplicates, HashParams, KeyOrder, LeftOut, NewFile, PageSink, RecnoParams, Repeats,
};

/// The names of the databases where it is not known whose the records are.
const KEYED: &[u8] = b"keyed";
const NUMBERED: &[u8] = b"numbered";

/// What was rebuilt.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rebuilt {
    /// What salvage found.
    pub found: SalvageReport,
    /// Records in use of which only a part was found. They are not written.
    pub parts: u64,
    /// What was written.
    pub written: Converted,
    /// Whether nothing was damaged: then the file is as [`convert`] makes it.
    pub undamaged: bool,
}

impl Rebuilt {
    /// Whether every record is known to be in the new file.
    pub fn is_whole(&self) -> bool {
        self.parts == 0 && is_whole(&self.found)
    }
}

/// Writes the whole records that are left in a damaged file into a new one.
///
/// A file of which salvage finds nothing damaged is converted. Else records
/// with keys come in bytewise order, and records with numbers keep them. Keys
/// that have several records, where the database said they have one, make it
/// one with duplicates, so that no record takes the place of another. Where
/// the metadata are lost, records with keys become a btree with duplicates
/// and records with numbers a recno database; where both are there, or there
/// were several databases, they are called `keyed` and `numbered`.
///
/// `lost` is told of each record in use of which only a part is there, once.
/// `sink` is called as [`convert`] calls it. Of the options
/// [`kind`](ConvertOptions::kind) is passed over.
///
/// # Errors
/// As [`salvage`] and [`convert`] have them; never for damage that salvage
/// gets around.
pub fn rebuild<S: PageSource, W: PageSink>(
    source: &S,
    sink: impl FnMut() -> Result<W>,
    options: &ConvertOptions,
    mut lost: impl FnMut(&Salvaged<'_>),
) -> Result<(W, Rebuilt)> {
    rebuild_telling(source, sink, options, |told| {
        if let Told::Lost(record) = told {
            lost(record);
        }
    })
}

/// What is told while a file is rebuilt.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Told<'a> {
    /// A record in use of which only a part is there; each once.
    Lost(&'a Salvaged<'a>),
    /// A whole record is not written, because another has its key; with sorted
    /// duplicates, or where no duplicates are allowed, that other is equal to
    /// it.
    LeftOut(LeftOut<'a>),
    /// The writing begins again: what was told as left out is not.
    Again,
}

/// The same as [`rebuild`], with more told: a caller can so work out which
/// records the new file must have.
///
/// # Errors
/// As [`rebuild`] has them.
pub fn rebuild_telling<S: PageSource, W: PageSink>(
    source: &S,
    mut sink: impl FnMut() -> Result<W>,
    options: &ConvertOptions,
    mut told: impl FnMut(Told<'_>),
) -> Result<(W, Rebuilt)> {
    let options = ConvertOptions {
        kind: None,
        ..options.clone()
    };
    let survey = Survey::take(source, |record| told(Told::Lost(record)))?;
    if survey.parts == 0
        && is_whole(&survey.found)
        && let Ok(file) = DatabaseFile::open(source)
    {
        let whole = survey.found.whole.saturating_sub(survey.found.directory);
        match convert(&file, &mut sink, &options) {
            Ok((sink, written)) if written.records() == whole => {
                let rebuilt = survey.rebuilt(written, true);
                return Ok((sink, rebuilt));
            }
            // What leads to the records is damaged, or does not lead to all.
            Ok(_) | Err(Error::Format(_) | Error::Parameter(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let mut allow_duplicates = false;
    loop {
        let written = survey.write(source, sink()?, &options, allow_duplicates, &mut told)?;
        if let Some((sink, written)) = written {
            return Ok((sink, survey.rebuilt(written, false)));
        }
        allow_duplicates = true;
        told(Told::Again);
    }
}

/// Whether nothing is known to be lost that gave no record.
fn is_whole(found: &SalvageReport) -> bool {
    !found.metadata_lost && found.lost == 0 && found.unreadable == 0 && found.unsound == 0
}

/// What is to be written of a record.
fn whole<'a>(record: &Salvaged<'a>) -> Option<Whole<'a>> {
    if record.state != State::Whole || record.origin == Origin::Directory {
        return None;
    }
    Some(match record.key {
        Some(key) => Whole::Keyed(key),
        None => Whole::Numbered(record.number),
    })
}

#[derive(Debug, Clone, Copy)]
enum Whole<'a> {
    Keyed(&'a [u8]),
    Numbered(Option<u32>),
}

/// What going through the file once told.
#[derive(Debug)]
struct Survey {
    found: SalvageReport,
    parts: u64,
    keyed: u64,
    numbered: u64,
    /// The highest number that is known.
    last: u32,
    /// The length of the longest record with a number.
    longest: u32,
    /// Whether the keys of each page are in bytewise order.
    in_order: bool,
    /// Whether the data of a key are on each page.
    duplicates_in_order: bool,
}

impl Survey {
    fn take<S: PageSource>(source: &S, mut lost: impl FnMut(&Salvaged<'_>)) -> Result<Self> {
        let mut survey = Self {
            found: SalvageReport::default(),
            parts: 0,
            keyed: 0,
            numbered: 0,
            last: 0,
            longest: 0,
            in_order: true,
            duplicates_in_order: true,
        };
        let (mut page, mut before, mut value) = (None, Vec::new(), Vec::new());
        survey.found = salvage(source, Mode::Careful, |record| {
            match whole(&record) {
                Some(Whole::Keyed(key)) => {
                    survey.keyed = survey.keyed.saturating_add(1);
                    if page == Some(record.page) {
                        survey.in_order &= before.as_slice() <= key;
                        survey.duplicates_in_order &=
                            before != key || value.as_slice() <= record.value;
                    }
                    page = Some(record.page);
                    value.clear();
                    value.extend_from_slice(record.value);
                    before.clear();
                    before.extend_from_slice(key);
                }
                Some(Whole::Numbered(number)) => {
                    survey.numbered = survey.numbered.saturating_add(1);
                    let len = u32::try_from(record.value.len()).unwrap_or(u32::MAX);
                    survey.longest = survey.longest.max(len);
                    survey.last = survey.last.max(number.unwrap_or_default());
                }
                None if record.origin == Origin::Directory => {}
                None => {
                    survey.parts = survey.parts.saturating_add(1);
                    lost(&record);
                }
            }
            Ok::<_, Error>(())
        })?;
        Ok(survey)
    }

    fn rebuilt(self, written: Converted, undamaged: bool) -> Rebuilt {
        Rebuilt {
            found: self.found,
            parts: self.parts,
            written,
            undamaged,
        }
    }

    /// Writes the records; `None` when a key has several and may not.
    fn write<S: PageSource, W: PageSink>(
        &self,
        source: &S,
        sink: W,
        options: &ConvertOptions,
        allow_duplicates: bool,
        told: &mut dyn FnMut(Told<'_>),
    ) -> Result<Option<(W, Converted)>> {
        let opened = DatabaseFile::open(source).ok();
        let alone = opened.as_ref().map(DatabaseFile::meta);
        let alone = alone.filter(|meta| !meta.is_directory());
        let mut notes = Vec::new();
        let layout = self.found.layout.unwrap_or(PageLayout {
            endian: options.endian,
            page_size: 4096,
            checksums: false,
            bit_fields: false,
        });
        let metas: Vec<&Meta> = alone.into_iter().collect();
        let params = plan::file(layout, &metas, options, &mut notes)?;
        let both = self.keyed > 0 && self.numbered > 0;
        let several = both || opened.is_some() && alone.is_none();
        let mut file = if several {
            notes.push(Note::Mingled);
            NewFile::with_names(sink, &params)?
        } else {
            NewFile::new(sink, &params)?
        };
        let mut databases = Vec::new();
        let own_numbered = alone.is_some_and(|meta| {
            matches!(plan::own_kind(meta), plan::Kind::Recno | plan::Kind::Queue)
        });
        let sections = [
            (
                false,
                KEYED,
                self.keyed > 0 || self.numbered == 0 && !own_numbered,
            ),
            (
                true,
                NUMBERED,
                self.numbered > 0 || self.keyed == 0 && own_numbered,
            ),
        ];
        for (numbered, name, there) in sections {
            if !there {
                continue;
            }
            let name = several.then_some(name);
            let meta = alone.filter(|_| own_numbered == numbered);
            let section = Section {
                survey: self,
                numbered,
                name,
                meta,
                allow_duplicates,
            };
            match section.write(source, &mut file, options, told)? {
                Some(database) => databases.push(database),
                None => return Ok(None),
            }
        }
        let (sink, pages) = file.finish()?;
        let written = Converted {
            pages,
            databases,
            notes,
        };
        Ok(Some((sink, written)))
    }
}

/// The records with keys, or those with numbers.
struct Section<'a> {
    survey: &'a Survey,
    numbered: bool,
    name: Option<&'a [u8]>,
    /// The metadata of the database, where they are known.
    meta: Option<&'a Meta>,
    allow_duplicates: bool,
}

impl Section<'_> {
    fn write<S: PageSource, W: PageSink>(
        &self,
        source: &S,
        file: &mut NewFile<W>,
        options: &ConvertOptions,
        told: &mut dyn FnMut(Told<'_>),
    ) -> Result<Option<ConvertedDatabase>> {
        let mut notes = Vec::new();
        let mut new = self.plan(options, &mut notes)?;
        let single = self.allow(&mut new, &mut notes);
        // Numbers in use, as bits, where several databases may have the same.
        let mut seen = Numbers::default();
        let mut next = u64::from(self.survey.last);
        let mut renumbered = 0_u64;
        let feed = |take: &mut Take<'_>| {
            salvage(source, Mode::Careful, |record| {
                match whole(&record) {
                    Some(Whole::Keyed(key)) if !self.numbered => {
                        take(RecordKey::Bytes(key), record.value)?;
                    }
                    Some(Whole::Numbered(number)) if self.numbered => {
                        let number = match number {
                            Some(number) if seen.insert(number) => number,
                            _ => {
                                renumbered = renumbered.saturating_add(1);
                                next = next.saturating_add(1);
                                u32::try_from(next).map_err(|_| Error::Limit {
                                    file: source.name().to_owned(),
                                    what: "the number of records",
                                    limit: u64::from(u32::MAX),
                                })?
                            }
                        };
                        take(RecordKey::Number(number), record.value)?;
                    }
                    _ => {}
                }
                Ok::<_, Error>(())
            })
            .map(|_| ())
        };
        let mut clash = false;
        let arrival = Arrival::AnyOrder(&options.sort);
        let made = write_database(
            file,
            self.name,
            &new,
            arrival,
            Repeats::FirstWins,
            feed,
            |left| {
                clash |= left.value != left.kept;
                told(Told::LeftOut(left));
            },
        )?;
        if clash && single {
            return Ok(None);
        }
        if made.repeated > 0 {
            notes.push(Note::Repeated {
                records: made.repeated,
            });
        }
        if renumbered > 0 {
            notes.push(Note::Renumbered {
                records: renumbered,
            });
        }
        Ok(Some(ConvertedDatabase {
            name: self.name.map(<[u8]>::to_vec),
            from: self.meta.map_or("unknown", Meta::method_name),
            to: new.name(),
            records: made.records,
            deleted: 0,
            notes,
            findings: Vec::new(),
            more_findings: 0,
        }))
    }

    /// What the records become.
    fn plan(&self, options: &ConvertOptions, notes: &mut Vec<Note>) -> Result<NewDatabase> {
        let version = options.format_version;
        let btree = BtreeParams {
            version: version.unwrap_or(BtreeParams::default().version),
            ..BtreeParams::default()
        };
        let Some(meta) = self.meta else {
            notes.push(Note::Guessed);
            if self.numbered {
                return Ok(NewDatabase::Recno(RecnoParams {
                    version: btree.version,
                    ..RecnoParams::default()
                }));
            }
            return Ok(NewDatabase::Btree(BtreeParams {
                duplicates: Duplicates::Unsorted,
                ..btree
            }));
        };
        let new = plan::database(meta, options, notes)?;
        match (new, meta.hash()) {
            (NewDatabase::Hash(new), Some(fields)) if !fields.has_default_hash() => {
                // Which bucket a key belongs to only its page could tell.
                notes.push(Note::HashFunctionLeft);
                Ok(NewDatabase::Btree(BtreeParams {
                    duplicates: new.duplicates,
                    ..btree
                }))
            }
            (NewDatabase::Btree(params), _) => {
                if !self.survey.in_order
                    || params.duplicates == Duplicates::Sorted && !self.survey.duplicates_in_order
                {
                    notes.push(Note::OrderLost);
                }
                // Pages come as they stand in the file, and so do the data on
                // them: there is no order to keep.
                Ok(NewDatabase::Btree(BtreeParams {
                    duplicate_order: KeyOrder::Bytewise,
                    ..params
                }))
            }
            (NewDatabase::Recno(mut params), _) => {
                // Records of one length have it, each of them. 2.x does not say
                // how long they are, and what is said may be damaged.
                let longest = self.survey.longest;
                if let Some(fixed) = &mut params.fixed
                    && self.survey.numbered > 0
                    && fixed.len != longest
                {
                    if fixed.len != 0 {
                        notes.push(Note::RecordLengthFound {
                            stated: fixed.len,
                            found: longest,
                        });
                    }
                    fixed.len = longest;
                }
                if params.fixed.is_some_and(|fixed| fixed.len == 0) {
                    params.fixed = None;
                    notes.push(Note::RecordLengthLost);
                }
                Ok(NewDatabase::Recno(params))
            }
            (NewDatabase::Hash(params), _) => {
                if params.duplicates == Duplicates::Sorted && !self.survey.duplicates_in_order {
                    notes.push(Note::OrderLost);
                }
                Ok(NewDatabase::Hash(HashParams {
                    table: None,
                    duplicate_order: KeyOrder::Bytewise,
                    ..params
                }))
            }
            (new, _) => Ok(new),
        }
    }

    /// Allows duplicates where it was seen that there are some; whether a key
    /// may have one record only.
    fn allow(&self, new: &mut NewDatabase, notes: &mut Vec<Note>) -> bool {
        let duplicates = match new {
            NewDatabase::Btree(params) => &mut params.duplicates,
            NewDatabase::Hash(params) => &mut params.duplicates,
            _ => return false,
        };
        if *duplicates != Duplicates::None {
            return false;
        }
        if !self.allow_duplicates {
            return true;
        }
        *duplicates = Duplicates::Unsorted;
        notes.push(Note::DuplicatesAllowed);
        if let NewDatabase::Btree(params) = new
            && params.record_numbers
        {
            params.record_numbers = false;
            notes.push(Note::RecordNumbersLeftOut);
        }
        false
    }
}

/// A set of numbers, none of them higher than a file has bytes.
#[derive(Debug, Default)]
struct Numbers {
    words: Vec<u64>,
}

impl Numbers {
    /// Adds a number; false where it was there.
    fn insert(&mut self, number: u32) -> bool {
        let (word, bit) = (number as usize / 64, 1 << (number % 64));
        if self.words.len() <= word {
            self.words.resize(word.saturating_add(1), 0);
        }
        match self.words.get_mut(word) {
            Some(word) if *word & bit == 0 => {
                *word |= bit;
                true
            }
            _ => false,
        }
    }
}
