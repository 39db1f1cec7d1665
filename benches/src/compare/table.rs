//! The figures as text.

use std::fmt::Write;

use super::machine::Machine;
use super::run::{Compared, Outcome};
use super::settings::Settings;
use super::wanted::{Finding, findings, gigabytes, mebibytes, per_gb};
use super::way::Way;

/// All there is to tell of the stores worked on so far, as Markdown.
pub(super) fn document(settings: &Settings, machine: &Machine, stores: &[Compared]) -> String {
    let mut text = String::from(
        "# Results\n\n\
         Written by `compare`: do not edit. docs/performance.md tells how to read it.\n\n",
    );
    describe(&mut text, settings, machine);
    text.push_str("\n## What is wanted\n\n");
    verdicts(&mut text, &findings(stores));
    for one in stores {
        store(&mut text, one);
    }
    text
}

fn describe(text: &mut String, settings: &Settings, machine: &Machine) {
    let (major, minor, patch) = oracle::version();
    let threads = settings.threads.map_or_else(
        || "one a processor".to_owned(),
        |threads| threads.to_string(),
    );
    let rows = [
        ("processor", machine.processor.clone()),
        ("processors", machine.processors.to_string()),
        ("memory", format!("{:.1} GB", gigabytes(machine.memory))),
        ("kernel", machine.kernel.clone()),
        ("file system", machine.file_system.clone()),
        (
            "free memory",
            if machine.gives_memory_away {
                "is given to the host after two seconds, and waited for when it is used"
            } else {
                "stays"
            }
            .to_owned(),
        ),
        (
            "bulk copy by",
            format!("Berkeley DB {major}.{minor}.{patch}"),
        ),
        ("threads", threads),
        (
            "runs",
            format!("{}, of slow ways {}", settings.runs, settings.slow_runs),
        ),
        ("built for", settings.profile.clone()),
    ];
    text.push_str("| | |\n|---|---|\n");
    for (name, value) in rows {
        let _ = writeln!(text, "| {name} | {} |", cell(&value));
    }
}

fn verdicts(text: &mut String, findings: &[Finding]) {
    text.push_str(
        "| | store | wanted | got | holds | the system's own |\n\
         |---|---|---|---:|---|---:|\n",
    );
    for finding in findings {
        let limit = finding.limit.map(|limit| format!("{limit:.2}"));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {:.2} | {} | {} |",
            cell(&finding.what),
            finding.store,
            finding.bound.text(),
            finding.got,
            if finding.holds() { "yes" } else { "**no**" },
            limit.unwrap_or_default(),
        );
    }
}

fn store(text: &mut String, store: &Compared) {
    let name = store.order.name();
    let _ = write!(
        text,
        "\n## {name}\n\n\
         {}; {:.3} GB; files: {}; records: {}.\n\n\
         ![{name}]({})\n\n\
         | | wall s | fastest to slowest | CPU s | anonymous MiB | s per GB | times the copying | runs |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|\n",
        store.order.shape.what(),
        gigabytes(store.bytes),
        store.files,
        store.records,
        store.svg_name(),
    );
    let copies = store.median(Way::Copies);
    for (way, outcome) in &store.outcomes {
        let _ = write!(text, "| {} | ", cell(way.name()));
        let _ = match outcome {
            Outcome::Run { median, runs } => {
                let times = copies.map(|copies| median.wall / copies.wall);
                writeln!(
                    text,
                    "{:.3} | {:.3} to {:.3} | {:.2} | {:.1} | {:.2} | {:.2} | {runs} |",
                    median.wall,
                    median.fastest,
                    median.slowest,
                    median.cpu,
                    mebibytes(*median),
                    per_gb(median.wall, store.bytes),
                    times.unwrap_or_default(),
                )
            }
            Outcome::NotRun(why) => writeln!(text, "not run: {why} | | | | | | |"),
        };
    }
}

/// Text in a cell of a table, whose columns end at bars.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::plot::tests::example;

    #[test]
    fn every_row_has_the_columns_of_its_table() {
        let mut text = String::new();
        store(&mut text, &example());
        let columns = |line: &str| line.replace("\\|", "").matches('|').count();
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
        assert_eq!(rows.len(), 2 + Way::ALL.len());
        assert!(rows.iter().all(|row| columns(row) == 9), "{text}");
        assert!(
            text.contains("| csmigrate | 2.200 | 2.000 to 2.500 | 3.00 | 50.0 | 2.20 | 1.10 | 5 |")
        );
        assert!(text.contains("not run: the tools are not there"));
    }
}
