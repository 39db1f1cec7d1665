//! A database as text, in the form `db_dump -p` writes and `db_load` reads.

use std::fmt::Write;
use std::path::Path;

use crate::database::Database;
use crate::error::Error;
use crate::options::{DatabaseOptions, Duplicates, Method};

/// The databases of a file as text: a header, then a line for each key and one
/// for its data.
pub fn dump(file: &Path) -> Result<String, Error> {
    let mut options = DatabaseOptions::default();
    let whole = Database::open_read_only(None, file, &options)?;
    let names = whole.subdatabases()?;
    let mut text = String::new();
    if names.is_empty() {
        dump_one(&whole, None, &mut text)?;
    }
    whole.close()?;
    for name in names {
        options.name = Some(name);
        let database = Database::open_read_only(None, file, &options)?;
        dump_one(&database, options.name.as_deref(), &mut text)?;
        database.close()?;
    }
    Ok(text)
}

fn dump_one(database: &Database, name: Option<&str>, text: &mut String) -> Result<(), Error> {
    let method = match database.method()? {
        Some(Method::Btree) => "btree",
        Some(Method::Hash) => "hash",
        _ => {
            return Err(Error::refused(
                "only btree and hash databases can be dumped",
                format!("dump {}", database.label()),
            ));
        }
    };
    text.push_str("VERSION=3\nformat=print\n");
    if let Some(name) = name {
        line(text, format_args!("database={name}"));
    }
    line(text, format_args!("type={method}"));
    match database.duplicates()? {
        Duplicates::None => {}
        Duplicates::Unsorted => text.push_str("duplicates=1\n"),
        Duplicates::Sorted => text.push_str("duplicates=1\ndupsort=1\n"),
    }
    line(text, format_args!("db_pagesize={}", database.page_size()?));
    text.push_str("HEADER=END\n");
    database.for_each(|key, value| {
        item(text, key);
        item(text, value);
    })?;
    text.push_str("DATA=END\n");
    Ok(())
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a string takes every write");
}

fn item(text: &mut String, bytes: &[u8]) {
    text.push(' ');
    for &byte in bytes {
        match byte {
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => write!(text, "\\{byte:02x}").expect("a string takes every write"),
        }
    }
    text.push('\n');
}
