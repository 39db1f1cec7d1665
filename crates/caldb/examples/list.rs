//! Lists the calendars of a store with their components:
//!
//!     cargo run -p caldb --example list -- DIR
//!
//! Only records of the form that the shipped profile describes are recognised;
//! the others are counted. The store must not be written to meanwhile. Whether
//! it was cleanly shut down is not looked at here: `csmigrate --inspect` does.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;

use bdbfile::read::DatabaseFile;
use bdbfile::source::FileSource;
use caldb::record::content_line::Value;
use caldb::record::{View, recognise};
use caldb::{Profile, Store};

fn main() -> Result<(), Box<dyn Error>> {
    let dir = PathBuf::from(std::env::args_os().nth(1).ok_or("name a directory")?);
    let profile = Profile::shipped();
    let mut calendars: BTreeMap<String, (String, u64)> = BTreeMap::new();
    let mut unrecognised = 0_u64;
    for file in Store::find(&dir)?.databases {
        let form = file.name.to_str().and_then(|name| profile.file(name));
        let form = form.map(caldb::FileProfile::form);
        let opened = DatabaseFile::open(FileSource::open(&file.path)?)?;
        let database = opened.database();
        let scan = database.scan()?;
        scan.visit(scan.all(), |record| {
            let form = form.as_ref();
            let known = form.and_then(|form| recognise(form, record.key, record.value).record());
            let Some(known) = known else {
                unrecognised += 1;
                return Ok(());
            };
            let calid = String::from_utf8_lossy(known.key().calid()).into_owned();
            match known.view() {
                View::Calendar(calendar) => {
                    let name = calendar.name().map(Value::display);
                    calendars.entry(calid).or_default().0 = name.unwrap_or_default();
                }
                View::Component(component) if !component.is_tombstone() => {
                    calendars.entry(calid).or_default().1 += 1;
                }
                _ => {}
            }
            Ok::<_, bdbfile::Error>(())
        })?;
        scan.finish()?;
    }
    for (calid, (name, components)) in calendars {
        let line = format!("{calid}: {name:?}, {components} components");
        // What is in a store is data, and a terminal obeys some of it.
        println!("{}", bdbfile::escape::escaped(&line));
    }
    println!("not recognised: {unrecognised} records");
    Ok(())
}
