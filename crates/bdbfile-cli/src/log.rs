//! `bdbfile log`: the records of transaction logs, a line each, and what a
//! recovery would do with each.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use bdbfile::layout::{BadLogRecord, LogValue};
use bdbfile::log::EnvironmentFiles;
use bdbfile::recover::{Entry, Fate, Journal};

use crate::failure::Failure;
use crate::settings::Log;
use bdbfile::escape::escaped;

/// Bytes of a long field that are printed.
const CUT: usize = 16;
/// Bytes of a long name that are printed.
const NAME_CUT: usize = 256;

/// The fates in the order in which they are counted, and the word for each.
const FATES: [(Fate, &str); 5] = [
    (Fate::Redo, "redo"),
    (Fate::Undo, "undo"),
    (Fate::Note, "note"),
    (Fate::Pass, "pass"),
    (Fate::Refuse, "refuse"),
];

/// Prints the records of logs, and what is wrong with these.
pub(crate) fn print(settings: &Log, out: &mut impl Write) -> Result<ExitCode, Failure> {
    let logs = logs(&settings.places)?;
    let journal =
        Journal::read(&logs)?.map_err(|refusal| Failure::Message(escaped(&refusal.to_string())))?;
    for note in journal.notes() {
        writeln!(out, "note: {}", escaped(note))?;
    }
    let mut counts = [0_u64; FATES.len()];
    let mut entries = journal.entries();
    let mut line = String::new();
    let mut refused = false;
    while let Some(entry) = entries.next()? {
        refused |= entry.fate == Fate::Refuse;
        if !is_wanted(settings, &entry) {
            continue;
        }
        for ((fate, _), count) in FATES.iter().zip(&mut counts) {
            *count = count.saturating_add((*fate == entry.fate).into());
        }
        line.clear();
        write_entry(&entry, settings.full, &mut line);
        line.push('\n');
        out.write_all(line.as_bytes())?;
    }
    let whole = sum(&journal, &counts, out)?;
    Ok(if whole && !refused {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The log files that are named, and those in directories that are named.
fn logs(places: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut logs = Vec::new();
    for place in places {
        let failed = |what: &str| {
            let place = place.display();
            Failure::Message(escaped(&format!("{place}: {what}")))
        };
        let metadata = std::fs::metadata(place)
            .map_err(|error| failed(&format!("cannot open the file: {error}")))?;
        if metadata.is_dir() {
            let found = EnvironmentFiles::find(place)?.logs;
            if found.is_empty() {
                return Err(failed("there is no log file in this directory"));
            }
            logs.extend(found);
        } else if metadata.is_file() {
            logs.push(place.clone());
        } else {
            return Err(failed("this is neither a plain file nor a directory"));
        }
    }
    Ok(logs)
}

fn is_wanted(settings: &Log, entry: &Entry<'_>) -> bool {
    let of_transaction = settings.transaction.is_none_or(|id| id == entry.txn);
    let of_file = settings
        .file
        .as_ref()
        .is_none_or(|name| entry.file.as_ref() == Some(name));
    of_transaction && of_file
}

/// Prints what there is to say about the whole; whether all is well.
fn sum(journal: &Journal, counts: &[u64], out: &mut impl Write) -> Result<bool, Failure> {
    let mut whole = true;
    if let Some(torn) = journal.torn() {
        let torn = escaped(&torn.to_string());
        writeln!(out, "torn: the log ends in the middle of a write: {torn}")?;
        whole = false;
    }
    if let Some(refusal) = journal.refusal() {
        let refusal = escaped(&refusal.to_string());
        writeln!(out, "not to be replayed: {refusal}")?;
        whole = false;
    }
    let (first, last) = journal.ends();
    let layout = journal.layout();
    let mut line = format!(
        "{} records from {first} to {last}, log version {}, {}",
        journal.count(),
        layout.version,
        layout.endian
    );
    match journal.checkpoint() {
        Some(checkpoint) => {
            let (at, from) = (checkpoint.lsn, checkpoint.ckp_lsn);
            let _ = write!(line, "; last checkpoint {at}, of {from}");
        }
        None => line.push_str("; no checkpoint"),
    }
    let (committed, uncommitted) = journal.transactions();
    let _ = write!(
        line,
        "; {committed} transactions committed, {uncommitted} did not"
    );
    let printed: u64 = counts.iter().sum();
    let _ = write!(line, "; {printed} printed");
    for ((_, word), count) in FATES.iter().zip(counts) {
        if *count > 0 {
            let _ = write!(line, ", {count} {word}");
        }
    }
    writeln!(out, "{line}")?;
    Ok(whole)
}

/// Appends a record: where it stands, what it is, whose, its fields, the file,
/// what becomes of it.
fn write_entry(entry: &Entry<'_>, full: bool, line: &mut String) {
    let _ = match &entry.body {
        Ok(Some(body)) => write!(line, "{} {}", entry.lsn, body.kind.name),
        Err(BadLogRecord::Length(kind)) => write!(line, "{} {}", entry.lsn, kind.name),
        _ => write!(line, "{} type {}", entry.lsn, entry.number),
    };
    match entry.txn {
        0 => line.push_str(" txn 0"),
        id => {
            let _ = write!(line, " txn {id:08x}");
        }
    }
    if entry.prev.is_logged() {
        let _ = write!(line, " prev {}", entry.prev);
    }
    match &entry.body {
        Ok(Some(body)) => {
            for (name, value) in body.fields() {
                write_field(name, value, full, line);
            }
        }
        Ok(None) => line.push_str(" (never replayed)"),
        Err(BadLogRecord::Type(_)) => line.push_str(" (of a type that is not known)"),
        Err(BadLogRecord::Length(_)) => line.push_str(" (of another length than its fields)"),
    }
    let file = entry.file.as_deref().unwrap_or("-");
    let word = FATES
        .iter()
        .find(|(fate, _)| *fate == entry.fate)
        .map_or("", |(_, word)| word);
    let _ = write!(line, " | {} | {word}", escaped(file));
}

fn write_field(name: &str, value: LogValue<'_>, full: bool, line: &mut String) {
    let _ = write!(line, " {name}=");
    let _ = match value {
        // Ids of transactions.
        LogValue::U32(id) if matches!(name, "child" | "id" | "min" | "max") => {
            write!(line, "{id:x}")
        }
        LogValue::U32(number) => write!(line, "{number}"),
        LogValue::I32(number) => write!(line, "{number}"),
        LogValue::Lsn(lsn) => write!(line, "{lsn}"),
        LogValue::Bytes(bytes) if name.ends_with("name") => {
            // A zero byte ends it.
            let bytes = bytes.strip_suffix(&[0]).unwrap_or(bytes);
            let shown = cut(bytes, NAME_CUT, full);
            line.push_str(&escaped(&String::from_utf8_lossy(shown)));
            rest(bytes, shown, line)
        }
        LogValue::Bytes(bytes) => {
            let shown = cut(bytes, CUT, full);
            for byte in shown {
                let _ = write!(line, "{byte:02x}");
            }
            rest(bytes, shown, line)
        }
    };
}

/// As many bytes as are printed.
fn cut(bytes: &[u8], most: usize, full: bool) -> &[u8] {
    match bytes.get(..most) {
        Some(cut) if !full => cut,
        _ => bytes,
    }
}

/// Says how long a field is that is not printed whole.
fn rest(bytes: &[u8], shown: &[u8], line: &mut String) -> std::fmt::Result {
    if shown.len() == bytes.len() {
        return Ok(());
    }
    write!(line, "...({} bytes)", bytes.len())
}
