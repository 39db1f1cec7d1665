//! A file for each calendar, one after the other.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use bdbfile::write::Sorted;
use caldb::ics::{Applied, CalendarText, Tally};
use caldb::record::{Record, RecordForm, ValueForm, recognise};

use super::CalendarExport;
use super::gather::{Travelling, sort_failed};
use super::name::file_name;
use crate::error::{Error, Result};
use crate::observer::{Event, Observer};
use crate::report::Warning;
use crate::staging::Staging;
use crate::stop::Stop;

/// Cases of a warning that are told.
const TOLD: usize = 20;

/// What was written.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) calendars: u64,
    pub(super) tally: Tally,
    pub(super) warnings: Vec<Warning>,
}

/// The file of the calendar at hand.
struct Open {
    calid: Vec<u8>,
    path: PathBuf,
    text: CalendarText<Counted>,
}

/// A file that knows how much was written to it.
#[derive(Debug)]
struct Counted {
    file: BufWriter<File>,
    bytes: u64,
}

/// Writes the calendars of sorted records, whose files have these forms.
pub(super) fn write(
    mut sorted: Sorted,
    forms: &[Option<RecordForm>],
    staging: &mut Staging,
    stop: &Stop,
    observer: &mut dyn Observer,
) -> Result<Written> {
    let mut written = Written::default();
    let mut cases = Vec::new();
    let mut open: Option<Open> = None;
    while let Some(record) = sorted.next().map_err(sort_failed)? {
        let calid = record.key.split(|byte| *byte == 0).next();
        let calid = calid.unwrap_or_default();
        if open.as_ref().is_none_or(|open| open.calid != calid) {
            stop.check()?;
            if let Some(before) = open.take() {
                finish(before, &mut written, observer)?;
            }
            open = Some(begin(calid, staging)?);
        }
        let Some(open) = &mut open else { continue };
        let (record, charset) = arrived(record.value, forms).ok_or_else(lost)?;
        let left_out = open
            .text
            .add(&record, charset)
            .map_err(Error::io(&open.path, "write the file"))?;
        if left_out == Some(Applied::NoStart) && cases.len() < TOLD {
            cases.push(named(&record));
        }
    }
    if let Some(last) = open {
        finish(last, &mut written, observer)?;
    }
    let count = written.tally.count(Applied::NoStart);
    if count > 0 {
        let text = format!("{count} events have no start and are not exported");
        let mut warning = Warning::new("no-start", None, text);
        warning.cases = cases;
        written.warnings.push(warning);
    }
    Ok(written)
}

fn begin(calid: &[u8], staging: &mut Staging) -> Result<Open> {
    let name = file_name(calid);
    let file = BufWriter::new(staging.create(&name)?);
    Ok(Open {
        calid: calid.to_owned(),
        path: staging.path_of(&name),
        text: CalendarText::begin(Counted { file, bytes: 0 }, calid),
    })
}

fn finish(open: Open, written: &mut Written, observer: &mut dyn Observer) -> Result<()> {
    let failed = || Error::io(&open.path, "write the file");
    let (mut counted, tally) = open.text.finish().map_err(failed())?;
    counted.flush().map_err(failed())?;
    written.calendars = written.calendars.saturating_add(1);
    written.tally.append(&tally);
    observer.event(Event::Exported(&CalendarExport {
        file: file_name(&open.calid),
        calid: open.calid,
        tally,
        bytes: counted.bytes,
    }));
    Ok(())
}

/// A record that went through the sort, and the character set of its file.
fn arrived<'a>(bytes: &'a [u8], forms: &'a [Option<RecordForm>]) -> Option<(Record<'a>, &'a str)> {
    let Travelling { file, key, value } = Travelling::unpack(bytes)?;
    let form = forms.get(file)?.as_ref()?;
    let charset = match &form.value {
        ValueForm::ContentLines { charset } => charset,
        ValueForm::Opaque => return None,
    };
    Some((recognise(form, key, value).record()?, charset))
}

/// What the sort gives back is what it was given.
fn lost() -> Error {
    let error = io::Error::from(io::ErrorKind::InvalidData);
    Error::io(&std::env::temp_dir(), "read back what was sorted")(error)
}

/// A component by its names.
fn named(record: &Record<'_>) -> String {
    let key = record.key();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let uid = key.uid().map_or_else(|| "without a UID".to_owned(), text);
    format!("calendar {}: event {uid}", text(key.calid()))
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.bytes = self.bytes.saturating_add(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
