//! Reads files of two programs that are no calendar servers:
//!
//!     cargo run -p bdbfile --example foreign -- FILE
//!
//! * A hash database with keys of four bytes, as old package managers keep their
//!   headers in. Assumed, and not checked against any such program: the key is a
//!   number in the byte order of the file, and number 0 is no package.
//! * A file with a btree database called `main`, as old wallets are. Assumed: a
//!   key begins with the length of a word in one byte (less than 253) and the
//!   word, which says what the record is; the rest is its own.
//!
//! What does not have the form is counted and not guessed at.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;

use bdbfile::layout::{Endian, Kind};
use bdbfile::read::{Database, DatabaseFile, Record};
use bdbfile::source::FileSource;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("name a file")?;
    let file = DatabaseFile::open(FileSource::open(&PathBuf::from(path))?)?;
    if file.meta().is_directory() {
        return words(&file.named(b"main")?);
    }
    if file.meta().kind == Kind::Hash {
        return numbers(&file.database(), file.layout().endian);
    }
    Err("neither a hash database nor a file with databases by name".into())
}

/// Each record of a number, and how long it is.
fn numbers(database: &Database<'_, FileSource>, endian: Endian) -> Result<(), Box<dyn Error>> {
    let mut others = 0;
    let scan = database.scan()?;
    scan.visit(scan.all(), |record: Record<'_>| {
        let number = record.key.try_into().map(|bytes| match endian {
            Endian::Little => u32::from_le_bytes(bytes),
            Endian::Big => u32::from_be_bytes(bytes),
        });
        match number {
            Ok(number) if number > 0 => println!("{number}: {} bytes", record.value.len()),
            _ => others += 1,
        }
        Ok::<_, bdbfile::Error>(())
    })?;
    println!("other records: {others}");
    Ok(())
}

/// How many records there are of each word.
fn words(database: &Database<'_, FileSource>) -> Result<(), Box<dyn Error>> {
    let (mut words, mut others) = (BTreeMap::new(), 0);
    let scan = database.scan()?;
    scan.visit(scan.all(), |record: Record<'_>| {
        match word(record.key) {
            Some(word) => *words.entry(word.to_vec()).or_insert(0) += 1,
            None => others += 1,
        }
        Ok::<_, bdbfile::Error>(())
    })?;
    for (word, count) in words {
        println!("{}: {count}", word.escape_ascii());
    }
    println!("other records: {others}");
    Ok(())
}

fn word(key: &[u8]) -> Option<&[u8]> {
    let (len, rest) = key.split_first().filter(|(len, _)| **len < 253)?;
    rest.get(..usize::from(*len))
}
