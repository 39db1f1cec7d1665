//! What is printed. Only errors come through when a run is to be quiet.

use std::io::Write;

use csmigrate::observer::{Event, Stage};
use csmigrate::report::Report;

use crate::paint::Paint;
use crate::progress::Live;
use crate::recovery;
use crate::settings::Settings;
use crate::table;
use csmigrate::bdbfile::escape::escaped;

/// Prints a text; a reader that went away is no error.
pub(crate) fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Prints the one line of an error.
pub(crate) fn error(message: &str) {
    let stderr = std::io::stderr();
    let line = Paint::on(&stderr).loss(&format!("csmigrate: {message}"));
    let _ = writeln!(&stderr, "{line}");
}

/// Standard output, or silence.
#[derive(Debug)]
pub(crate) struct Screen {
    quiet: bool,
    dry_run: bool,
    paint: Paint,
    live: Live,
}

impl Screen {
    /// What it prints stands above what `live` shows.
    pub(crate) fn new(settings: &Settings, live: Live) -> Self {
        Self {
            quiet: settings.is_silent(),
            dry_run: settings.dry_run,
            paint: Paint::on(&std::io::stdout()),
            live,
        }
    }

    /// The first line: from where to where.
    pub(crate) fn begin(&mut self, settings: &Settings) {
        let what = if settings.dry_run {
            "dry run"
        } else {
            "migrating"
        };
        self.line(&format!(
            "{what}: {} to {}",
            settings.source.display(),
            settings.target.display()
        ));
    }

    /// A line for a stage that is done, and for each warning.
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Inspected(inspection) if self.dry_run => {
                for space in &inspection.space {
                    self.line(&space.to_string());
                }
            }
            Event::Recovered(recovery) => {
                for line in recovery::details(recovery) {
                    self.line(&format!("{:<8} {line}", Stage::Recover.name()));
                }
            }
            Event::Done(stage, what) => self.line(&format!("{:<8} {what}", stage.name())),
            Event::Warning(warning) => {
                let warning = escaped(&format!("warning: {warning}"));
                self.painted(&self.paint.warning(&warning));
            }
            _ => {}
        }
    }

    /// The closing table and what to do next.
    pub(crate) fn end(&mut self, report: &Report, settings: &Settings) {
        self.line("");
        for line in table::lines(report, self.paint) {
            self.painted(&line);
        }
        self.line("");
        let warnings = escaped(&warnings(report, settings));
        self.painted(&match report.warning_count() {
            0 => warnings,
            _ => self.paint.warning(&warnings),
        });
        if let Some(damaged) = damaged(report) {
            self.painted(&self.paint.loss(&escaped(&damaged)));
        }
        for line in next_steps(report, settings) {
            self.line(&line);
        }
    }

    fn line(&self, text: &str) {
        self.painted(&escaped(text));
    }

    /// Prints a line in which nothing is left of what a terminal would obey but
    /// the colours.
    fn painted(&self, text: &str) {
        if !self.quiet {
            self.live.above(|| print(&format!("{text}\n")));
        }
    }
}

/// Which files are damaged, where any are.
fn damaged(report: &Report) -> Option<String> {
    let damaged = report.files.iter().filter(|file| file.salvaged.is_some());
    let names: Vec<String> = damaged
        .map(|file| file.name.display().to_string())
        .collect();
    if names.is_empty() {
        return None;
    }
    let names = names.join(", ");
    Some(format!(
        "Damaged: {names}. Only what csmigrateSalvage.log lists as saved is there."
    ))
}

/// How many warnings there are, and where to read more.
fn warnings(report: &Report, settings: &Settings) -> String {
    let logs = settings.log_dir.join("csmigrate.log");
    let warnings = match report.warning_count() {
        0 => "No warnings".to_owned(),
        1 => "1 warning".to_owned(),
        count => format!("{count} warnings"),
    };
    format!("{warnings}; the log is {}", logs.display())
}

fn next_steps(report: &Report, settings: &Settings) -> Vec<String> {
    let mut lines = Vec::new();
    let steps = steps(report);
    if !report.published {
        let what = match (report.dry_run, settings.report.len()) {
            (false, _) => "Nothing was published.",
            (true, 0) => "Nothing was written but the logs.",
            (true, 1) => "Nothing was written but the logs and the report.",
            (true, _) => "Nothing was written but the logs and the reports.",
        };
        lines.push(format!("{what} {}", steps.join(" ")));
        return lines;
    }
    lines.push("Next:".to_owned());
    let numbered = steps.iter().zip(1..);
    lines.extend(numbered.map(|(step, number)| format!("  {number}. {step}")));
    lines.push(way_back(report));
    lines
}

/// What is to be done after a run that came to its end.
pub(crate) fn steps(report: &Report) -> Vec<String> {
    if !report.published && report.losses().is_some() {
        let step = "Look at csmigrateSalvage.log; --publish-salvaged publishes what can be saved.";
        return vec![step.to_owned()];
    }
    if report.dry_run {
        return vec!["Run again without -d to migrate.".to_owned()];
    }
    let target = report.target.display();
    vec![
        format!(
            "See to it that {target} belongs to the server's user and group (icsuser:icsgroup)."
        ),
        format!(
            "If {target} is not where ics.conf says (caldb.berkeleydb.homedir.path), change it there."
        ),
        "Start the server (start-cal), look at some calendars, create an event.".to_owned(),
    ]
}

/// How to go back after a migration.
pub(crate) fn way_back(report: &Report) -> String {
    let (source, backup) = (report.source.display(), report.backup.display());
    format!(
        "To go back: stop the server; the old store is unchanged in {source}, and copied in {backup} (docs/rollback.md)."
    )
}
