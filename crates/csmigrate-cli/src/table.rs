//! The closing table: a row a file, and the total.

use csmigrate::bdbfile::escape::escaped;
use csmigrate::report::{FileReport, Report};

use crate::paint::Paint;

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

/// Columns of the names, and of the numbers of warnings.
const NAME: usize = 0;
const WARNINGS: usize = 4;

/// The lines of the table. Names stand to the left, numbers to the right; in
/// colours are the headings, numbers of warnings, and the names of files that
/// were damaged.
pub(crate) fn lines(report: &Report, paint: Paint) -> Vec<String> {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(report.files.iter().map(|file| row(file, report.dry_run)));
    rows.push(total(report));
    let files = report.files.iter().map(|file| Row {
        heading: false,
        warned: !file.warnings.is_empty(),
        damaged: file.salvaged.is_some(),
    });
    let heading = Row {
        heading: true,
        ..Row::default()
    };
    let total = Row {
        warned: report.warning_count() > 0,
        ..Row::default()
    };
    let kinds = std::iter::once(heading).chain(files).chain([total]);
    let cells = cells(&rows, 1).into_iter();
    cells
        .zip(kinds)
        .map(|(cells, row)| row.painted(&cells, paint))
        .collect()
}

/// What there is to be seen of a row.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    heading: bool,
    warned: bool,
    damaged: bool,
}

impl Row {
    /// The row as a line.
    fn painted(self, cells: &[String], paint: Paint) -> String {
        let cells = cells.iter().enumerate().map(|(column, cell)| {
            let cell = escaped(cell);
            match column {
                _ if self.heading => paint.heading(&cell),
                NAME if self.damaged => paint.loss(&cell),
                WARNINGS if self.warned => paint.warning(&cell),
                _ => cell,
            }
        });
        cells.collect::<Vec<_>>().join("  ")
    }
}

/// Rows as lines of aligned columns: the first `left` of them to the left, the
/// others to the right.
pub(crate) fn aligned<const N: usize>(rows: &[[String; N]], left: usize) -> Vec<String> {
    let lines = cells(rows, left).into_iter();
    lines
        .map(|cells| cells.join("  ").trim_end().to_owned())
        .collect()
}

/// The cells of each row, as wide as their columns.
fn cells<const N: usize>(rows: &[[String; N]], left: usize) -> Vec<Vec<String>> {
    let widths: Vec<usize> = (0..N)
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or_default()
        })
        .collect();
    let pad = |column: usize, cell: &String, width: usize| {
        if column < left {
            format!("{cell:<width$}")
        } else {
            format!("{cell:>width$}")
        }
    };
    rows.iter()
        .map(|row| {
            let cells = row.iter().zip(&widths).enumerate();
            cells
                .map(|(column, (cell, width))| pad(column, cell, *width))
                .collect()
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
