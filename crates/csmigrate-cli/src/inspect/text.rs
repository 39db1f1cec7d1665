//! A look at a store, for people.

use csmigrate::inspect::{DatabaseView, FileView, RecoveryView, Shutdown};

use super::Seen;
use crate::recovery;
use crate::table;

pub(super) fn lines(seen: &Seen<'_>) -> Vec<String> {
    let view = seen.view;
    let conclusion = &view.detection.conclusion;
    let mut lines = vec![
        format!("store     {}", view.dir.display()),
        format!("release   {conclusion}"),
    ];
    lines.extend(conclusion.advice().iter().map(indented));
    lines.push(match &view.shutdown {
        Shutdown::Clean(_) => "shutdown  clean".to_owned(),
        Shutdown::Unclean(_) => "shutdown  not clean".to_owned(),
        Shutdown::Unknown => {
            "shutdown  cannot be told: there are no logs and no region files".to_owned()
        }
    });
    lines.extend(view.shutdown.why().iter().map(indented));
    lines.extend(recovery_of(&view.recovery));
    lines.push(String::new());
    lines.extend(files(seen));
    lines.push(String::new());
    lines.extend(records(seen));
    lines.push(String::new());
    lines.push("evidence of the release".to_owned());
    for one in &view.detection.evidence {
        lines.push(format!("  {}: {}", one.text, one.points()));
        lines.push(format!("      {}", one.provenance));
    }
    lines.push(String::new());
    lines.push(format!("rules ({})", seen.choice));
    for rule in seen.rules {
        lines.push(format!("  {}: {}", rule.id, rule.text));
        lines.push(format!("      {}", rule.provenance));
    }
    if seen.rules.is_empty() {
        lines.push("  none".to_owned());
    }
    lines.push(String::new());
    lines.push("findings".to_owned());
    lines.extend(view.findings.iter().map(|one| format!("  {one}")));
    if view.findings.is_empty() {
        lines.push("  none".to_owned());
    }
    for (what, names) in [
        ("regions, never trusted", &view.regions),
        ("not part of the store", &view.others),
    ] {
        if !names.is_empty() {
            let names: Vec<_> = names
                .iter()
                .map(|name| name.display().to_string())
                .collect();
            lines.push(format!("{what}: {}", names.join(", ")));
        }
    }
    lines
}

fn recovery_of(view: &RecoveryView) -> Vec<String> {
    match view {
        RecoveryView::NotNeeded => Vec::new(),
        RecoveryView::Possible(does) => {
            let mut lines = vec![format!("recovery  can be done: {does}")];
            lines.extend(recovery::details(does).iter().map(indented));
            lines.extend(does.oddities().iter().map(|one| indented(&one.to_string())));
            lines
        }
        RecoveryView::Refused(why) => {
            vec![format!("recovery  cannot be done for sure: {why}")]
        }
    }
}

fn indented(text: &String) -> String {
    format!("          {text}")
}

fn files(seen: &Seen<'_>) -> Vec<String> {
    let heading = [
        "file",
        "kind",
        "byte order",
        "holds",
        "known",
        "page",
        "bytes",
    ];
    let mut rows = vec![heading.map(str::to_owned)];
    rows.extend(seen.view.databases.iter().map(database));
    rows.extend(seen.view.companions.iter().map(companion));
    table::aligned(&rows, 5)
}

fn database(one: &DatabaseView) -> [String; 7] {
    let dash = || "-".to_owned();
    let (kind, order, page) = match &one.preamble {
        Some(preamble) => (
            format!("{} {}", preamble.kind, preamble.version),
            preamble.endian.to_string(),
            preamble.page_size.to_string(),
        ),
        None => ("not Berkeley DB".to_owned(), dash(), dash()),
    };
    let [name, holds, known, bytes] = described(&one.file);
    [name, kind, order, holds, known, page, bytes]
}

fn companion(one: &FileView) -> [String; 7] {
    let dash = || "-".to_owned();
    let [name, holds, known, bytes] = described(one);
    let (kind, holds) = if one.known.is_some() {
        ("text", holds)
    } else {
        ("log", dash())
    };
    [name, kind.to_owned(), dash(), holds, known, dash(), bytes]
}

/// Name, what it holds, how that is known, size.
fn described(file: &FileView) -> [String; 4] {
    let (holds, mark) = file.known.as_ref().map_or(("-", "-"), |known| {
        (known.holds.as_str(), known.provenance.mark())
    });
    [
        file.name.display().to_string(),
        holds.to_owned(),
        mark.to_owned(),
        file.len.to_string(),
    ]
}

/// The form that records are taken to have.
fn records(seen: &Seen<'_>) -> Vec<String> {
    let heading = ["records of", "key", "known", "value", "known"];
    let mut rows = vec![heading.map(str::to_owned)];
    for one in &seen.view.databases {
        let name = one.file.name.display().to_string();
        let opaque = || "opaque bytes".to_owned();
        let dash = || "-".to_owned();
        let forms = one.file.known.as_ref().map_or_else(
            || [opaque(), dash(), opaque(), dash()],
            |known| {
                [
                    known.key.form.to_string(),
                    known.key.provenance.mark().to_owned(),
                    known.value.form.to_string(),
                    known.value.provenance.mark().to_owned(),
                ]
            },
        );
        let [key, key_known, value, value_known] = forms;
        rows.push([name, key, key_known, value, value_known]);
    }
    table::aligned(&rows, 5)
}
