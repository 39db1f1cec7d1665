//! The report as lines for people.

use std::fmt::{Display, Write};

use crate::stat::report::{DatabaseReport, FileReport};
use bdbfile::escape::escaped;

/// Findings are shown a line each; so is all else.
pub(crate) fn text(report: &FileReport) -> String {
    let mut lines = Lines(String::new());
    lines.put("file", &report.file);
    lines.put(
        "kind",
        format_args!("{} version {}", report.kind, report.version),
    );
    lines.put("byte order", &report.byte_order);
    lines.put("size", format_args!("{} bytes", report.bytes));
    let checksums = if report.checksums {
        ", with checksums"
    } else {
        ""
    };
    lines.put(
        "pages",
        format_args!("{} of {} bytes{checksums}", report.pages, report.page_size),
    );
    for used in &report.page_uses {
        let fill = used
            .fill_percent
            .map_or_else(String::new, |percent| format!(", {percent}% full"));
        lines.put(
            &format!("  {}", used.what),
            format_args!("{}{fill}", used.pages),
        );
    }
    lines.put("free list", format_args!("{} pages", report.free_list));
    for database in &report.databases {
        lines.database(database);
    }
    if report.several_databases && report.databases.is_empty() {
        lines.put("databases", 0);
    }
    lines.put(
        "findings",
        (report.findings.len() as u64).saturating_add(report.more_findings),
    );
    for finding in &report.findings {
        let _ = writeln!(lines.0, "  {}", escaped(&finding.text));
    }
    if report.more_findings > 0 {
        let _ = writeln!(lines.0, "  and {} more", report.more_findings);
    }
    lines.0
}

/// Lines of a name and a value.
struct Lines(String);

impl Lines {
    fn put(&mut self, name: &str, value: impl Display) {
        let value = escaped(&value.to_string());
        let _ = writeln!(self.0, "{name:<18} {value}");
    }

    fn database(&mut self, database: &DatabaseReport) {
        if let Some(name) = &database.name {
            let kind = database.kind;
            let (version, page) = (database.version, database.metadata_page);
            self.put(
                "database",
                format_args!("{name} ({kind} version {version}, page {page})"),
            );
        }
        if !database.flags.is_empty() {
            self.put("  flags", database.flags.join(", "));
        }
        if let (Some(length), Some(padding)) = (database.record_length, database.record_padding) {
            self.put(
                "  record length",
                format_args!("{length} bytes, filled with {padding:#04x}"),
            );
        }
        self.put("  keys", database.keys);
        self.put("  records", database.records);
        if database.duplicates > 0 {
            self.put("  duplicates", database.duplicates);
        }
        if database.deleted_items > 0 {
            self.put("  deleted items", database.deleted_items);
        }
        if let Some(height) = database.height {
            self.put("  height of tree", height);
        }
        if let Some(buckets) = database.buckets {
            self.put("  buckets", buckets);
        }
    }
}
