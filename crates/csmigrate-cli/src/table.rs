//! The closing table: a row a file, and the total.

use csmigrate::report::{FileReport, Report};

const HEADINGS: [&str; 8] = [
    "file",
    "read",
    "written",
    "unrecognised",
    "warnings",
    "bytes in",
    "bytes out",
    "seconds",
];

/// The lines of the table. Names stand to the left, numbers to the right.
pub(crate) fn lines(report: &Report) -> Vec<String> {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(report.files.iter().map(|file| row(file, report.dry_run)));
    rows.push(total(report));
    aligned(&rows, 1)
}

/// Rows as lines of aligned columns: the first `left` of them to the left, the
/// others to the right.
pub(crate) fn aligned<const N: usize>(rows: &[[String; N]], left: usize) -> Vec<String> {
    let widths: Vec<usize> = (0..N)
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or_default()
        })
        .collect();
    rows.iter()
        .map(|row| {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                if column > 0 {
                    line.push_str("  ");
                }
                line = if column < left {
                    format!("{line}{cell:<width$}")
                } else {
                    format!("{line}{cell:>width$}")
                };
            }
            line.trim_end().to_owned()
        })
        .collect()
}

fn row(file: &FileReport, dry_run: bool) -> [String; 8] {
    [
        file.name.display().to_string(),
        file.records_read.to_string(),
        written(file.records_written, dry_run),
        file.unrecognised.to_string(),
        file.warnings.len().to_string(),
        file.bytes_in.to_string(),
        written(file.bytes_out, dry_run),
        format!("{:.2}", file.elapsed.as_secs_f64()),
    ]
}

fn total(report: &Report) -> [String; 8] {
    let sum = |of: fn(&FileReport) -> u64| report.files.iter().map(of).sum::<u64>();
    [
        "total".to_owned(),
        report.records_read().to_string(),
        written(report.records_written(), report.dry_run),
        sum(|file| file.unrecognised).to_string(),
        report.warning_count().to_string(),
        sum(|file| file.bytes_in).to_string(),
        written(sum(|file| file.bytes_out), report.dry_run),
        format!("{:.2}", report.elapsed.as_secs_f64()),
    ]
}

/// What was written, or a dash where nothing was to be.
fn written(number: u64, dry_run: bool) -> String {
    if dry_run {
        "-".to_owned()
    } else {
        number.to_string()
    }
}
