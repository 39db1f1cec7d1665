//! The files of a store and what became of them.

use csmigrate::PlannedFile;
use csmigrate::caldb::Profile;
use csmigrate::report::{FileReport, RecordOrder, SalvagedFile};
use serde::Serialize;

use super::seconds;
use crate::json::{Database, Form, Mark, name};
use crate::report::known::Known;
use crate::settings::Settings;

#[derive(Serialize)]
pub(crate) struct File<'a> {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) role: Option<&'static str>,
    pub(crate) holds: &'a str,
    pub(crate) provenance: Option<Mark<'a>>,
    pub(crate) bytes: u64,
    pub(crate) database: Option<Database>,
    pub(crate) key: Option<Form<'a>>,
    pub(crate) value: Option<Form<'a>>,
    pub(crate) result: Option<Done>,
}

/// What became of a database.
#[derive(Serialize)]
pub(crate) struct Done {
    pub(crate) records: Records,
    pub(crate) order: &'static str,
    pub(crate) digest: String,
    pub(crate) bytes: Bytes,
    pub(crate) seconds: f64,
    pub(crate) warnings: usize,
    pub(crate) salvaged: Option<Salvaged>,
}

/// What is left of a damaged file.
#[derive(Serialize)]
pub(crate) struct Salvaged {
    pub(crate) damage: String,
    pub(crate) saved: u64,
    pub(crate) repeated: u64,
    pub(crate) lost: u64,
    pub(crate) pages: u32,
    pub(crate) damaged_pages: u32,
    pub(crate) unreadable_pages: u32,
    pub(crate) zero_pages: u32,
}

#[derive(Serialize)]
pub(crate) struct Records {
    pub(crate) read: u64,
    pub(crate) written: Option<u64>,
    pub(crate) recognised: u64,
    pub(crate) unrecognised: u64,
    pub(crate) deleted: u64,
}

#[derive(Serialize)]
pub(crate) struct Bytes {
    pub(crate) r#in: u64,
    pub(crate) out: Option<u64>,
}

#[derive(Serialize)]
pub(crate) struct Totals {
    pub(crate) files: usize,
    pub(crate) records: Records,
    pub(crate) bytes: Bytes,
    pub(crate) warnings: usize,
}

/// All databases together.
pub(super) fn totals(known: &Known, settings: &Settings) -> Totals {
    let sum = |of: fn(&FileReport) -> u64| known.files.iter().map(of).sum::<u64>();
    let written = |number| (!settings.dry_run).then_some(number);
    let (read, unrecognised) = (sum(|file| file.records_read), sum(|file| file.unrecognised));
    Totals {
        files: known.files.len(),
        records: Records {
            read,
            written: written(sum(|file| file.records_written)),
            recognised: read.saturating_sub(unrecognised),
            unrecognised,
            deleted: sum(|file| file.deleted),
        },
        bytes: Bytes {
            r#in: sum(|file| file.bytes_in),
            out: written(sum(|file| file.bytes_out)),
        },
        warnings: known.warnings.len(),
    }
}

impl<'a> File<'a> {
    pub(crate) fn of(file: &'a PlannedFile, kind: &'static str, profile: &'a Profile) -> Self {
        let known = file.name.to_str().and_then(|name| profile.file(name));
        Self {
            name: name(&file.name),
            kind,
            role: known.map(|known| known.role.name()),
            holds: known.map_or("", |known| known.holds.as_str()),
            provenance: known.map(|known| Mark::of(&known.provenance)),
            bytes: file.len,
            database: None,
            key: None,
            value: None,
            result: None,
        }
    }

    pub(crate) fn database(file: &'a PlannedFile, known: &Known, settings: &'a Settings) -> Self {
        let done = known.files.iter().find(|done| done.name == file.name);
        let of = file
            .name
            .to_str()
            .and_then(|name| settings.profile.file(name));
        Self {
            database: file.preamble.as_ref().map(Database::of),
            key: of.map(Form::of_keys),
            value: of.map(Form::of_values),
            result: done.map(|done| Done::of(done, settings.dry_run)),
            ..Self::of(file, "database", &settings.profile)
        }
    }
}

impl Done {
    pub(crate) fn of(report: &FileReport, dry_run: bool) -> Self {
        let written = |number| (!dry_run).then_some(number);
        Self {
            records: Records {
                read: report.records_read,
                written: written(report.records_written),
                recognised: report.records_read.saturating_sub(report.unrecognised),
                unrecognised: report.unrecognised,
                deleted: report.deleted,
            },
            order: match report.order {
                RecordOrder::Bytewise => "bytewise",
                RecordOrder::AsFound => "as-found",
            },
            digest: report.digest.to_string(),
            bytes: Bytes {
                r#in: report.bytes_in,
                out: written(report.bytes_out),
            },
            seconds: seconds(report.elapsed),
            warnings: report.warnings.len(),
            salvaged: report.salvaged.as_ref().map(Salvaged::of),
        }
    }
}

impl Salvaged {
    pub(crate) fn of(file: &SalvagedFile) -> Self {
        Self {
            damage: file.damage.clone(),
            saved: file.saved,
            repeated: file.repeated,
            lost: file.lost(),
            pages: file.pages,
            damaged_pages: file.unsound,
            unreadable_pages: file.unreadable,
            zero_pages: file.zeros,
        }
    }
}
