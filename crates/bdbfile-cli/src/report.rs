//! What was written, in lines.

use std::io::Write;
use std::path::Path;

use bdbfile::convert::Converted;
use bdbfile::layout::PageNo;

use crate::dump::printable;
use crate::failure::Failure;
use bdbfile::escape::escaped;

/// What was written.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) pages: PageNo,
    pub(crate) notes: Vec<String>,
    pub(crate) databases: Vec<DatabaseLine>,
}

/// A database that was written.
#[derive(Debug)]
pub(crate) struct DatabaseLine {
    pub(crate) name: Option<Vec<u8>>,
    pub(crate) kind: &'static str,
    pub(crate) records: u64,
    pub(crate) notes: Vec<String>,
}

impl Report {
    /// Prints a line for each note, one for each database with a name, and one
    /// for the file.
    pub(crate) fn print(&self, file: &Path, out: &mut impl Write) -> Result<(), Failure> {
        let file = escaped(&file.display().to_string());
        for note in &self.notes {
            writeln!(out, "{file}: note: {}", escaped(note))?;
        }
        for database in &self.databases {
            let place = match &database.name {
                None => file.clone(),
                Some(name) => {
                    let mut shown = Vec::new();
                    printable(name, &mut shown);
                    format!("{file}: {}", String::from_utf8_lossy(&shown))
                }
            };
            for note in &database.notes {
                writeln!(out, "{place}: note: {}", escaped(note))?;
            }
            if database.name.is_some() {
                let (records, kind) = (database.records, database.kind);
                writeln!(out, "{place}: {}, {kind}", counted(records, "record"))?;
            }
        }
        let records = self.databases.iter().map(|database| database.records).sum();
        let kind = match self.databases.as_slice() {
            [only] if only.name.is_none() => only.kind.to_owned(),
            several => counted(several.len() as u64, "database"),
        };
        let pages = counted(u64::from(self.pages), "page");
        writeln!(
            out,
            "{file}: {}, {pages}, {kind}",
            counted(records, "record")
        )?;
        Ok(())
    }
}

impl From<&Converted> for Report {
    fn from(converted: &Converted) -> Self {
        let databases = converted.databases.iter().map(|database| {
            let mut notes: Vec<String> = database.notes.iter().map(ToString::to_string).collect();
            let findings = database.findings.iter();
            notes.extend(findings.map(|finding| format!("in the source: {finding}")));
            if database.more_findings > 0 {
                notes.push(format!(
                    "in the source: and {} more",
                    database.more_findings
                ));
            }
            DatabaseLine {
                name: database.name.clone(),
                kind: database.to,
                records: database.records,
                notes,
            }
        });
        Self {
            pages: converted.pages,
            notes: converted.notes.iter().map(ToString::to_string).collect(),
            databases: databases.collect(),
        }
    }
}

fn counted(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}
