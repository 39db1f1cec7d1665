//! Prints one calendar of a store as a text of RFC 5545:
//!
//!     cargo run -p caldb --example to_ics -- DIR CALID >calendar.ics
//!
//! Holds the records of that calendar in memory; `csmigrate::Export` sorts those
//! of all calendars within a budget.

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;

use bdbfile::read::DatabaseFile;
use bdbfile::source::FileSource;
use caldb::ics::{CalendarText, place};
use caldb::record::{RecordForm, recognise};
use caldb::{FileProfile, Profile, Store};

/// A record with the form of its file.
type Row = (RecordForm, Vec<u8>, Vec<u8>);

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args_os().skip(1);
    let dir = PathBuf::from(args.next().ok_or("name a directory")?);
    let calid = args.next().ok_or("name a calendar")?.into_encoded_bytes();
    let rows = rows(&dir, &calid)?;
    let mut records = Vec::new();
    for (form, key, value) in &rows {
        records.extend(recognise(form, key, value).record());
    }
    records.sort_by_cached_key(|record| place(record));
    let mut calendar = CalendarText::begin(io::stdout().lock(), &calid);
    for record in &records {
        calendar.add(record, "UTF-8")?;
    }
    let (mut out, tally) = calendar.finish()?;
    out.flush()?;
    eprintln!("{} components, {} alarms", tally.components(), tally.alarms);
    for (rule, count) in tally.applied() {
        eprintln!("{}: {count}", rule.counts);
    }
    Ok(())
}

/// The recognised records of a calendar.
fn rows(dir: &std::path::Path, calid: &[u8]) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for file in Store::find(dir)?.databases {
        let known = file
            .name
            .to_str()
            .and_then(|name| Profile::shipped().file(name));
        let Some(form) = known.map(FileProfile::form) else {
            continue;
        };
        let opened = DatabaseFile::open(FileSource::open(&file.path)?)?;
        let database = opened.database();
        let scan = database.scan()?;
        scan.visit(scan.all(), |record| {
            let known = recognise(&form, record.key, record.value).record();
            let place = known.as_ref().and_then(place);
            if place.is_some_and(|place| place.calid == calid) {
                rows.push((form.clone(), record.key.to_vec(), record.value.to_vec()));
            }
            Ok::<_, bdbfile::Error>(())
        })?;
        scan.finish()?;
    }
    Ok(rows)
}
