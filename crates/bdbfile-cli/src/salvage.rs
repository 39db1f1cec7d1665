//! `bdbfile salvage`: what is left in a damaged file as text that `db_load`
//! reads, and on standard error what is lost.

use std::io::Write;
use std::process::ExitCode;

use bdbfile::layout::{Kind, Meta};
use bdbfile::salvage::{Mode, Origin, SalvageReport, Salvaged, State};

use crate::complain;
use crate::dump::{FOOTER, Items, header, header_without_metadata};
use crate::failure::Failure;
use crate::input::Input;
use crate::settings::{Form, Source};
use bdbfile::escape::escaped;

/// The key of a value whose own is lost, as `db_dump -r` has it.
const UNKNOWN_KEY: &[u8] = b"UNKNOWN_KEY";

/// Records that can be loaded into one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    /// A key and a value, or a value whose key is lost.
    Keyed,
    /// A value, and its number where that is known.
    Numbered,
}

impl Section {
    fn of(record: &Salvaged<'_>) -> Self {
        let has_key = record.key.is_some();
        match record.state {
            State::Whole | State::ValueCut { .. } if !has_key => Self::Numbered,
            _ => Self::Keyed,
        }
    }

    fn of_database(meta: &Meta) -> Self {
        if meta.is_recno() || meta.kind == Kind::Queue {
            Self::Numbered
        } else {
            Self::Keyed
        }
    }
}

/// Prints what is left in a file.
///
/// Records with keys and records with numbers are two sections of the text,
/// with a header each. A file that may have both is gone through once more to
/// find out, and one that has both once for each.
pub(crate) fn salvage(
    file: &Source,
    form: Form,
    mode: Mode,
    out: &mut impl Write,
) -> Result<ExitCode, Failure> {
    let input = Input::open_whole(file)?;
    let meta = match input.databases() {
        Ok(file) if !file.meta().is_directory() => Some(file.meta().clone()),
        _ => None,
    };
    // Several databases may have the same numbers.
    let alone = meta.is_some();
    let task = Salvage {
        input: &input,
        // What is deleted or on stray pages may repeat keys.
        meta: meta.filter(|_| mode == Mode::Careful),
        form,
        mode,
        named: !alone && has_both(&input, mode)?,
    };
    let mut pass = task.pass(Section::Keyed, false, out)?;
    let mut parts = pass.parts;
    if pass.others > 0 {
        pass = task.pass(Section::Numbered, alone && pass.all_numbered, out)?;
        parts = parts.saturating_add(pass.parts);
    } else if pass.written == 0 {
        out.write_all(&task.header(Section::Keyed, false))?;
        out.write_all(FOOTER)?;
    }
    out.flush()?;
    let report = pass.report;
    let whole = parts == 0 && is_whole(&report);
    let name = file.path.display();
    for line in oddities(&report) {
        complain(&escaped(&format!("{name}: {line}")));
    }
    if !whole {
        let line = summary(&report, parts);
        complain(&escaped(&format!("{name}: {line}")));
    }
    Ok(if whole {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What is salvaged, and how it is written.
struct Salvage<'i> {
    input: &'i Input,
    /// The metadata of the only database of the file, where they can be used.
    meta: Option<Meta>,
    form: Form,
    mode: Mode,
    /// Whether the sections have names, as `db_load` needs for two databases.
    named: bool,
}

/// Whether a file has records of both sections.
fn has_both(input: &Input, mode: Mode) -> Result<bool, Failure> {
    let (mut keyed, mut numbered) = (false, false);
    bdbfile::salvage::salvage(input, mode, |record| {
        if record.origin != Origin::Directory {
            match Section::of(&record) {
                Section::Keyed => keyed = true,
                Section::Numbered => numbered = true,
            }
        }
        Ok::<_, Failure>(())
    })?;
    Ok(keyed && numbered)
}

/// What going through the file once brought.
struct Pass {
    report: SalvageReport,
    /// Records written.
    written: u64,
    /// Records in use of which only a part is there.
    parts: u64,
    /// Records of the other section, and whether each has a number.
    others: u64,
    all_numbered: bool,
}

impl Salvage<'_> {
    /// Writes the records of a section.
    fn pass(&self, section: Section, keys: bool, out: &mut impl Write) -> Result<Pass, Failure> {
        let (mut written, mut parts, mut others) = (0_u64, 0_u64, 0_u64);
        let mut all_numbered = true;
        let mut items = Items::new(self.form, &mut *out);
        let report = bdbfile::salvage::salvage(self.input, self.mode, |record| {
            if record.origin == Origin::Directory {
                return Ok(());
            }
            if Section::of(&record) != section {
                others = others.saturating_add(1);
                all_numbered &= record.number.is_some();
                return Ok(());
            }
            if let Some(loss) = loss(&record) {
                // Nobody misses what was deleted before.
                if matches!(record.origin, Origin::Live | Origin::UnsoundPage) {
                    let name = self.input.path();
                    complain(&escaped(&format!("{name}: {loss}")));
                    parts = parts.saturating_add(1);
                }
                if self.mode == Mode::Careful {
                    return Ok(());
                }
            }
            if written == 0 {
                items.raw(&self.header(section, keys))?;
            }
            written = written.saturating_add(1);
            match (section, record.number) {
                (Section::Keyed, _) => items.write(record.key.unwrap_or(UNKNOWN_KEY))?,
                (Section::Numbered, Some(number)) if keys => {
                    items.write(number.to_string().as_bytes())?;
                }
                (Section::Numbered, _) => {}
            }
            items.write(record.value)
        })?;
        if written > 0 {
            out.write_all(FOOTER)?;
        }
        Ok(Pass {
            report,
            written,
            parts,
            others,
            all_numbered,
        })
    }

    fn header(&self, section: Section, keys: bool) -> Vec<u8> {
        match &self.meta {
            Some(meta) if Section::of_database(meta) == section => {
                header(None, meta, self.form, keys)
            }
            _ => {
                let (numbered, name) = match section {
                    Section::Keyed => (false, "keyed"),
                    Section::Numbered => (true, "numbered"),
                };
                let name = self.named.then_some(name);
                header_without_metadata(name, numbered, self.form, keys)
            }
        }
    }
}

/// What of a record is lost, if anything is.
pub(crate) fn loss(record: &Salvaged<'_>) -> Option<String> {
    let what = record.loss()?;
    let (page, slot) = (record.page, record.slot);
    Some(format!("page {page} slot {slot}: {what}"))
}

/// Whether nothing is known to be lost that gave no record.
fn is_whole(report: &SalvageReport) -> bool {
    !report.metadata_lost && report.lost == 0 && report.unreadable == 0 && report.unsound == 0
}

/// What was odd.
pub(crate) fn oddities(report: &SalvageReport) -> Vec<String> {
    let mut lines: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    if report.more_findings > 0 {
        lines.push(format!("and {} more of this kind", report.more_findings));
    }
    if report.directory > 0 {
        lines.push(format!(
            "{} entries name databases; which records are whose is not told",
            report.directory
        ));
    }
    lines
}

/// The closing line where something is lost.
pub(crate) fn summary(report: &SalvageReport, parts: u64) -> String {
    format!(
        "{} whole records found, parts of {parts}, nothing of {}; of {} pages {} are damaged and {} cannot be read",
        report.whole.saturating_sub(report.directory),
        report.lost,
        report.pages,
        report.unsound,
        report.unreadable,
    )
}
