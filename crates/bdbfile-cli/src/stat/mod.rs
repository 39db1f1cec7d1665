//! `bdbfile stat`: what a file is, how many records it holds, what its pages
//! are used for, what is odd.

mod census;
mod report;
mod text;

use std::io::Write;

use bdbfile::Error;
use bdbfile::escape::escaped_json;
use bdbfile::layout::{BtreeFlags, Meta, Method, PageView};
use bdbfile::read::{Database, DatabaseFile, Finding, Record};
use bdbfile::source::PageSource;

use crate::dump::printable;
use crate::failure::Failure;
use crate::input::Input;
use crate::settings::Source;
use crate::stat::report::{DatabaseReport, FileReport, Oddity};

/// Prints the report on a file.
pub(crate) fn print(file: &Source, json: bool, out: &mut impl Write) -> Result<(), Failure> {
    let report = report(&Input::open_whole(file)?)?;
    if json {
        let text = serde_json::to_string_pretty(&report).map_err(std::io::Error::from)?;
        writeln!(out, "{}", escaped_json(&text))?;
    } else {
        out.write_all(text::text(&report).as_bytes())?;
    }
    Ok(())
}

fn report(input: &Input) -> Result<FileReport, Failure> {
    let file = input.databases()?;
    let meta = file.meta();
    let mut findings: Vec<Oddity> = file.findings().iter().map(Oddity::from).collect();
    let mut more_findings = 0_u64;
    let mut databases = Vec::new();
    let mut add = |counted: Counted| {
        findings.extend(counted.findings.iter().map(Oddity::from));
        more_findings = more_findings.saturating_add(counted.more_findings);
        databases.push(counted.report);
    };
    if meta.is_directory() {
        for entry in file.names()? {
            add(count(input, &file, &file.at(&entry)?)?);
        }
    } else {
        add(count(input, &file, &file.database())?);
    }
    let census = census::take(input, &file)?;
    Ok(FileReport {
        file: file.name().to_owned(),
        bytes: file.file_len(),
        kind: meta.method_name(),
        version: meta.version,
        byte_order: file.layout().endian.to_string(),
        page_size: meta.page_size,
        pages: file.page_count(),
        checksums: meta.has_checksums(),
        several_databases: meta.is_directory(),
        free_list: census.free_list,
        page_uses: census.uses,
        databases,
        findings,
        more_findings,
    })
}

/// What reading all records of a database brought.
struct Counted {
    report: DatabaseReport,
    findings: Vec<Finding>,
    more_findings: u64,
}

fn count<S: PageSource>(
    input: &Input,
    file: &DatabaseFile<S>,
    database: &Database<'_, S>,
) -> Result<Counted, Failure> {
    let meta = database.meta();
    let scan = database.scan()?;
    let (mut keys, mut last) = (0_u64, Vec::new());
    scan.visit(scan.all(), |record: Record<'_>| {
        // The duplicates of a key may go on, on the next page, with a copy of
        // it.
        let new = record.number.is_some() || keys == 0 || record.key != last;
        if !record.repeats_key && new {
            keys = keys.saturating_add(1);
            last.clear();
            last.extend_from_slice(record.key);
        }
        Ok::<_, Error>(())
    })?;
    let found = scan.finish()?;
    // A scan repeats what opening the file found.
    let findings = found.findings.into_iter().skip(file.findings().len());
    let (re_len, re_pad) = record_shape(meta);
    Ok(Counted {
        report: DatabaseReport {
            name: database.name().map(|name| {
                let mut text = Vec::new();
                printable(name, &mut text);
                String::from_utf8_lossy(&text).into_owned()
            }),
            kind: meta.method_name(),
            version: meta.version,
            metadata_page: meta.pgno,
            flags: flags(meta),
            keys,
            records: found.records,
            duplicates: found.records.saturating_sub(keys),
            deleted_items: found.deleted,
            height: height(input, file, meta)?,
            buckets: meta.hash().map(|fields| u64::from(fields.max_bucket) + 1),
            record_length: re_len,
            record_padding: re_pad,
        },
        findings: findings.collect(),
        more_findings: found.more_findings,
    })
}

fn flags(meta: &Meta) -> Vec<&'static str> {
    let recno = |flag| meta.is_recno() && meta.flags & flag != 0;
    [
        ("duplicates", meta.has_duplicates()),
        ("sorted duplicates", meta.has_sorted_duplicates()),
        ("record numbers", meta.has_record_numbers()),
        ("fixed length", recno(BtreeFlags::FIXED_LENGTH)),
        ("renumbering", recno(BtreeFlags::RENUMBER)),
    ]
    .into_iter()
    .filter_map(|(name, is)| is.then_some(name))
    .collect()
}

/// Length and padding byte of records that have one length.
fn record_shape(meta: &Meta) -> (Option<u32>, Option<u32>) {
    match &meta.method {
        Method::Btree(fields) if meta.is_recno() && meta.flags & BtreeFlags::FIXED_LENGTH != 0 => {
            (Some(fields.re_len), Some(fields.re_pad))
        }
        Method::Queue(fields) => (Some(fields.re_len), Some(fields.re_pad)),
        _ => (None, None),
    }
}

/// The number of levels of a tree.
fn height<S: PageSource>(
    input: &Input,
    file: &DatabaseFile<S>,
    meta: &Meta,
) -> Result<Option<u8>, Failure> {
    let Some(fields) = meta.btree() else {
        return Ok(None);
    };
    let page = census::page(input, file, fields.root)?;
    Ok(PageView::parse(file.layout(), &page).map(|view| view.header.level))
}
