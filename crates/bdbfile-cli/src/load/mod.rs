//! `bdbfile load`: the text of `db_dump` into a new file.
//!
//! * `lines`: lines of the text, decoded as they are read.
//! * `header`: what a database is to be like.
//! * `text`: its records, one at a time.

mod header;
mod lines;
mod text;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::ExitCode;

use bdbfile::convert::{Arrival, NewDatabase, RecordKey, Take, write_database};
use bdbfile::layout::{Endian, PageLayout};
use bdbfile::write::{
    BTREE_VERSION, BtreeParams, FileParams, FixedLength, HASH_VERSION, HashParams, KeyOrder,
    LeftOut, NewFile, QUEUE_VERSION, RecnoParams, Repeats, SortBudget, SyncingSink,
};

use crate::complain;
use crate::dump::printable;
use crate::failure::Failure;
use crate::load::header::{Described, Header, Overrides};
use crate::load::lines::Lines;
use crate::load::text::{Key, Records};
use crate::output::{Output, fresh_file_id};
use crate::report::{DatabaseLine, Report};
use crate::settings::{Load, NewFileSettings, NewKind};
use bdbfile::escape::escaped;

/// The page size of a new file unless told.
const PAGE_SIZE: u32 = 4096;

/// Bytes of text that are read at a time.
const BUFFER: usize = 1 << 20;

/// Records that are left out of which each has a line of its own.
const LINES_AT_MOST: u64 = 100;

/// Loads a text into a new file.
pub(crate) fn load(settings: &Load, out: &mut impl Write) -> Result<ExitCode, Failure> {
    let overrides = Overrides::read(settings.kind, &settings.keywords)?;
    let task = Task {
        settings,
        overrides,
        output: Output::begin(&settings.target, settings.text.as_deref())?,
        file_id: match settings.file.file_id {
            Some(id) => id,
            None => fresh_file_id()?,
        },
    };
    let loaded = match &settings.text {
        None => task.once(Lines::new("standard input".to_owned(), io::stdin().lock()))?,
        Some(path) => task.file(path)?,
    };
    task.output.publish(loaded.sink)?;
    let whole = loaded.refused == 0;
    loaded.report.print(&settings.target, out)?;
    Ok(if whole {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What was loaded.
struct Loaded {
    report: Report,
    /// Records that were refused because another has their key.
    refused: u64,
    /// Where it was written.
    sink: SyncingSink,
}

/// Why a text has to be read once more, or cannot be loaded.
enum Failed {
    /// The records of the database at this place are not in its order.
    OutOfOrder(usize),
    Failure(Failure),
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<bdbfile::Error> for Failed {
    fn from(error: bdbfile::Error) -> Self {
        Self::Failure(error.into())
    }
}

/// A database among those of a text.
#[derive(Debug, Clone, Copy)]
struct Place {
    index: usize,
    /// Whether its records are taken to be in order.
    in_order: bool,
}

struct Task<'a> {
    settings: &'a Load,
    overrides: Overrides,
    output: Output,
    file_id: [u8; 20],
}

impl Task<'_> {
    /// Loads a file of text. One that can be read twice is taken to be in
    /// order, as dumps of btrees are, until a record shows that it is not.
    fn file(&self, path: &Path) -> Result<Loaded, Failure> {
        let name = path.display().to_string();
        let cannot = |error: io::Error| {
            Failure::Message(escaped(&format!("{name}: cannot open the file: {error}")))
        };
        let open = || File::open(path).map_err(cannot);
        let lines = |file| Lines::new(name.clone(), BufReader::with_capacity(BUFFER, file));
        let file = open()?;
        if !file.metadata().map_err(cannot)?.is_file() {
            return self.once(lines(file));
        }
        let mut unordered = HashSet::new();
        let mut file = file;
        loop {
            match self.attempt(&mut lines(file), |index| !unordered.contains(&index)) {
                Ok(loaded) => return Ok(loaded),
                Err(Failed::OutOfOrder(index)) => unordered.insert(index),
                Err(Failed::Failure(failure)) => return Err(failure),
            };
            file = open()?;
        }
    }

    /// Loads a text that can be read once.
    fn once<R: BufRead>(&self, mut lines: Lines<R>) -> Result<Loaded, Failure> {
        match self.attempt(&mut lines, |_| false) {
            Ok(loaded) => Ok(loaded),
            Err(Failed::Failure(failure)) => Err(failure),
            Err(Failed::OutOfOrder(_)) => {
                let message = "records that were sorted are not in order";
                Err(Failure::Message(message.to_owned()))
            }
        }
    }

    /// Loads a text. `in_order` tells whether the records of a database are
    /// taken to be in order.
    fn attempt<R: BufRead>(
        &self,
        lines: &mut Lines<R>,
        in_order: impl Fn(usize) -> bool,
    ) -> Result<Loaded, Failed> {
        let mut next = if let (true, Some(kind)) = (self.settings.plain, self.overrides.kind) {
            Some(self.overrides.alone(kind)?)
        } else {
            header::read(lines, &self.overrides)?
        };
        let Some(first) = &next else {
            return Err(lines.wrong("the text is empty").into());
        };
        let params = self.file_params(&first.described);
        let named = first.described.name.is_some();
        let cannot = |error: io::Error| {
            let target = self.settings.target.display();
            Failure::Message(escaped(&format!(
                "{target}: cannot write the file: {error}"
            )))
        };
        let sink = self.output.sink().map_err(cannot)?;
        let mut file = if named {
            NewFile::with_names(sink, &params)?
        } else {
            NewFile::new(sink, &params)?
        };
        let mut report = Report::default();
        let mut refused = 0_u64;
        let mut known: HashSet<Vec<u8>> = HashSet::new();
        while let Some(header) = next {
            let index = report.databases.len();
            check_name(lines, &header, named, index, &mut known)?;
            let place = Place {
                index,
                in_order: in_order(index),
            };
            let (line, left_out) = self.database(lines, &header, &params, &mut file, place)?;
            report.databases.push(line);
            refused = refused.saturating_add(left_out);
            next = if self.settings.plain {
                None
            } else {
                header::read(lines, &self.overrides)?
            };
        }
        let (sink, pages) = file.finish()?;
        report.pages = pages;
        Ok(Loaded {
            report,
            refused,
            sink,
        })
    }

    /// Loads one database; gives its line of the report, and how many records
    /// were refused.
    fn database<R: BufRead>(
        &self,
        lines: &mut Lines<R>,
        header: &Header,
        file_params: &FileParams,
        file: &mut NewFile<SyncingSink>,
        place: Place,
    ) -> Result<(DatabaseLine, u64), Failed> {
        let described = &header.described;
        let new = new_database(described, &self.settings.file).map_err(|rule| lines.wrong(rule))?;
        let mut notes = described.notes.clone();
        let layout = &file_params.layout;
        if described
            .page_size
            .is_some_and(|size| size != layout.page_size)
            || described
                .endian
                .is_some_and(|endian| endian != layout.endian)
            || described.checksums.unwrap_or_default() != layout.checksums
        {
            notes.push(
                "page size, byte order and checksums are those of the first database".to_owned(),
            );
        }
        let budget = SortBudget {
            bytes: self.settings.file.memory,
            spill: self.output.spill(),
        };
        // The numbers of a queue are known when all records are, and so is
        // where a hash database has its keys.
        let in_order =
            place.in_order && matches!(new, NewDatabase::Btree(_) | NewDatabase::Recno(_));
        let arrival = if in_order {
            Arrival::InOrder
        } else {
            Arrival::AnyOrder(&budget)
        };
        // Without -n db_load puts one record over the other.
        let is_refused = self.settings.keep_first || is_sorted(&new);
        let repeats = if self.settings.keep_first {
            Repeats::FirstWins
        } else {
            Repeats::LastWins
        };
        let mut records = Records::new(lines, header);
        let feed = |take: &mut Take<'_>| {
            while let Some(record) = records.next()? {
                let key = match record.key {
                    Key::Bytes(bytes) => RecordKey::Bytes(bytes),
                    Key::Number(number) => RecordKey::Number(number),
                };
                take(key, record.value).map_err(|error| match error {
                    bdbfile::Error::Order { .. } if in_order => Failed::OutOfOrder(place.index),
                    error => error.into(),
                })?;
            }
            Ok::<_, Failed>(())
        };
        let mut told = 0_u64;
        let tell = |left: LeftOut<'_>| {
            if is_refused {
                told = told.saturating_add(1);
                if told <= LINES_AT_MOST {
                    complain(&refusal(&left));
                }
            }
        };
        let name = described.name.as_deref();
        let made = write_database(file, name, &new, arrival, repeats, feed, tell)?;
        let mut refused = 0_u64;
        if is_refused {
            refused = made.repeated;
            if refused > LINES_AT_MOST {
                let more = refused.saturating_sub(LINES_AT_MOST);
                complain(&format!("and {more} more"));
            }
        } else if made.repeated > 0 {
            let repeated = made.repeated;
            notes.push(format!(
                "{repeated} records are left out: a later one has their key"
            ));
        }
        let line = DatabaseLine {
            name: described.name.clone(),
            kind: new.name(),
            records: made.records,
            notes,
        };
        Ok((line, refused))
    }

    /// What all databases of the file have alike, from the first of them.
    fn file_params(&self, first: &Described) -> FileParams {
        FileParams {
            layout: PageLayout {
                endian: first.endian.unwrap_or(Endian::Little),
                page_size: first.page_size.unwrap_or(PAGE_SIZE),
                checksums: first.checksums.unwrap_or_default(),
                bit_fields: false,
            },
            file_id: self.file_id,
        }
    }
}

/// Refuses a database that cannot be in a file with those before it.
fn check_name<R: BufRead>(
    lines: &Lines<R>,
    header: &Header,
    named: bool,
    index: usize,
    known: &mut HashSet<Vec<u8>>,
) -> Result<(), Failure> {
    let wrong = |rule: &str| Err(lines.wrong_at(header.line, rule));
    match &header.described.name {
        None if index > 0 => {
            wrong("a database without a name follows another, and would be alone in its file")
        }
        Some(_) if !named => {
            wrong("a database with a name follows one without, which is alone in its file")
        }
        Some(name) if !known.insert(name.clone()) => {
            wrong("there is a database of this name in the text already")
        }
        _ => Ok(()),
    }
}

/// What is to be made.
fn new_database(described: &Described, settings: &NewFileSettings) -> Result<NewDatabase, String> {
    let version = settings.format_version;
    let fixed = |len| FixedLength {
        len,
        pad: described.re_pad,
    };
    Ok(match described.kind {
        NewKind::Btree => NewDatabase::Btree(BtreeParams {
            version: version.unwrap_or(BTREE_VERSION),
            duplicates: described.duplicates,
            duplicate_order: KeyOrder::Bytewise,
            record_numbers: described.record_numbers,
            minkey: described.minkey,
            order: KeyOrder::Bytewise,
        }),
        NewKind::Hash => NewDatabase::Hash(HashParams {
            version: version.unwrap_or(HASH_VERSION),
            duplicates: described.duplicates,
            duplicate_order: KeyOrder::Bytewise,
            ffactor: described.ffactor,
            ..HashParams::default()
        }),
        NewKind::Recno => NewDatabase::Recno(RecnoParams {
            version: version.unwrap_or(BTREE_VERSION),
            renumber: described.renumber,
            fixed: described.re_len.map(fixed),
        }),
        NewKind::Queue => {
            if version.is_some_and(|version| version != QUEUE_VERSION) {
                return Err(format!("a queue is written in version {QUEUE_VERSION}"));
            }
            let Some(len) = described.re_len.filter(|len| *len > 0) else {
                return Err("a queue has re_len, the length of its records".to_owned());
            };
            NewDatabase::Queue {
                len,
                pad: described.re_pad,
                range: None,
            }
        }
    })
}

/// Whether records that are equal in key and data exclude each other.
fn is_sorted(new: &NewDatabase) -> bool {
    use bdbfile::write::Duplicates::Sorted;
    match new {
        NewDatabase::Btree(params) => params.duplicates == Sorted,
        NewDatabase::Hash(params) => params.duplicates == Sorted,
        _ => false,
    }
}

/// The line about a record that is refused.
fn refusal(left: &LeftOut<'_>) -> String {
    let mut shown = Vec::new();
    match left.number {
        None => printable(left.key.get(..40).unwrap_or(left.key), &mut shown),
        Some(number) => shown.extend(number.to_string().bytes()),
    }
    let shown = String::from_utf8_lossy(&shown);
    format!("not loaded: there is a record of this key: {shown}")
}
