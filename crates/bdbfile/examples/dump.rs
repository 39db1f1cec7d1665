//! Prints every record of a Berkeley DB file, whatever its kind:
//!
//!     cargo run -p bdbfile --example dump -- FILE
//!
//! A line has the name of the database where the file has several, the key (or
//! the record's number) and the value, with what is no text escaped. The records
//! come in the order of the file; nothing is held in memory but the one at hand.

use std::error::Error;
use std::path::PathBuf;

use bdbfile::read::{Database, DatabaseFile, Record};
use bdbfile::source::FileSource;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("name a file")?;
    let file = DatabaseFile::open(FileSource::open(&PathBuf::from(path))?)?;
    if !file.meta().is_directory() {
        return print(&file.database());
    }
    for entry in file.names()? {
        print(&file.at(&entry)?)?;
    }
    Ok(())
}

fn print(database: &Database<'_, FileSource>) -> Result<(), Box<dyn Error>> {
    let name = match database.name() {
        Some(name) => format!("{}: ", name.escape_ascii()),
        None => String::new(),
    };
    let scan = database.scan()?;
    scan.visit(scan.all(), |record: Record<'_>| {
        let value = record.value.escape_ascii();
        match record.number {
            Some(number) => println!("{name}{number} = {value}"),
            None => println!("{name}{} = {value}", record.key.escape_ascii()),
        }
        Ok::<_, bdbfile::Error>(())
    })?;
    // What is odd about the file, though it costs no record, is told in the end.
    for finding in scan.finish()?.findings {
        eprintln!("{finding}");
    }
    Ok(())
}
