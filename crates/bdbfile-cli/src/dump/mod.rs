//! `bdbfile dump`: records as the text that `db_dump` writes and `db_load`
//! reads.

mod header;
mod text;

use std::io::Write;

use bdbfile::Rule;
use bdbfile::read::{Database, Finding, Record};
use bdbfile::source::PageSource;

use crate::failure::Failure;
use crate::input::Input;
use crate::settings::{Dump, Source};
use bdbfile::escape::escaped;

pub(crate) use header::{header, header_without_metadata};
pub(crate) use text::{FOOTER, Items, printable};

/// Dumps one database, or one named database after the other.
pub(crate) fn dump(settings: &Dump, out: &mut impl Write) -> Result<(), Failure> {
    let input = Input::open(&settings.file)?;
    let file = input.databases()?;
    if let Some(name) = &settings.name {
        // Who asked for one database gets no name: it can be loaded anywhere.
        return database(&file.named(name)?, None, settings, out);
    }
    if !file.meta().is_directory() {
        return database(&file.database(), None, settings, out);
    }
    for entry in file.names()? {
        database(&file.at(&entry)?, Some(&entry.name), settings, out)?;
    }
    Ok(())
}

/// Lists the names of the databases in a file.
pub(crate) fn list(source: &Source, out: &mut impl Write) -> Result<(), Failure> {
    let input = Input::open(source)?;
    let file = input.databases()?;
    if !file.meta().is_directory() {
        let path = source.path.display();
        return Err(Failure::Message(escaped(&format!(
            "{path}: the file holds one database without a name"
        ))));
    }
    let mut line = Vec::new();
    for entry in file.names()? {
        line.clear();
        printable(&entry.name, &mut line);
        line.push(b'\n');
        out.write_all(&line)?;
    }
    Ok(())
}

/// Writes header, records and end of a database. Where a damaged page ends the
/// records the end is not written, so that nobody loads them as if whole.
fn database<S: PageSource>(
    database: &Database<'_, S>,
    name: Option<&[u8]>,
    settings: &Dump,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let scan = database.scan()?;
    out.write_all(&header(name, database.meta(), settings.form, settings.keys))?;
    let mut items = Items::new(settings.form, &mut *out);
    scan.visit(scan.all(), |record: Record<'_>| {
        match record.number {
            Some(number) if settings.keys => items.write(number.to_string().as_bytes())?,
            Some(_) => {}
            None => items.write(record.key)?,
        }
        items.write(record.value)
    })?;
    // An extent that was lost would pass for records that were taken.
    let report = scan.finish()?;
    let lost = |finding: &&Finding| finding.rule == Rule::QueuePagesMissing;
    if let Some(finding) = report.findings.iter().find(lost) {
        let (file, finding) = (settings.file.path.display(), finding.to_string());
        return Err(Failure::Message(escaped(&format!("{file}: {finding}"))));
    }
    out.write_all(FOOTER)?;
    Ok(())
}
