//! The charts: records and bytes by file, components by calendar and by year.

use maud::{Markup, html};

use super::chart::{Caption, Colour, Column, Part, Row, bars, columns};
use super::words::{grouped, name, number, size, some, wide};
use crate::report::document::{Components, Count, Document, Done, File};

/// Calendars that have a bar of their own.
const BARS: usize = 15;
/// Years that have a column of their own, where they are not all.
const YEARS: u16 = 40;

const KINDS: [(Colour, &str); 3] = [
    (Colour::Event, "events"),
    (Colour::Todo, "todos"),
    (Colour::Journal, "journals"),
];

/// All charts.
pub(super) fn section(document: &Document<'_>) -> Markup {
    let done: Vec<(&File<'_>, &Done)> = document
        .files
        .iter()
        .filter_map(|file| Some((file, file.result.as_ref()?)))
        .collect();
    if done.is_empty() {
        return html! {};
    }
    html! {
        div.charts {
            (records(&done))
            (sizes(&done))
            @if let Some(components) = &document.components {
                (by_calendar(components))
                (by_year(components))
            }
        }
    }
}

fn records(done: &[(&File<'_>, &Done)]) -> Markup {
    let rows: Vec<Row> = done
        .iter()
        .map(|(file, done)| {
            let records = &done.records;
            let mut figure = grouped(records.read);
            if records.unrecognised > 0 {
                let unrecognised = grouped(records.unrecognised);
                figure = format!("{figure} ({unrecognised} unrecognised)");
            }
            Row {
                label: file.name.clone(),
                figure,
                bars: vec![vec![
                    part(Colour::Recognised, records.recognised),
                    part(Colour::Unrecognised, records.unrecognised),
                ]],
            }
        })
        .collect();
    let caption = Caption {
        id: "records-chart",
        title: "Records per file",
        about: "Records that were read. The table of files has the same figures.",
        parts: &[
            (Colour::Recognised, "recognised"),
            (Colour::Unrecognised, "carried unrecognised"),
        ],
    };
    bars(&caption, &rows)
}

fn sizes(done: &[(&File<'_>, &Done)]) -> Markup {
    let rows: Vec<Row> = done
        .iter()
        .map(|(file, done)| {
            let (before, after) = (done.bytes.r#in, done.bytes.out);
            let mut row = Row {
                label: file.name.clone(),
                figure: size(before),
                bars: vec![vec![part(Colour::Source, before)]],
            };
            if let Some(after) = after {
                row.figure = format!("{} → {}", size(before), size(after));
                row.bars.push(vec![part(Colour::Target, after)]);
            }
            row
        })
        .collect();
    let caption = Caption {
        id: "bytes-chart",
        title: "Bytes per file",
        about: "Sizes of the files. The table of files has the same figures, exactly.",
        parts: &[
            (Colour::Source, "in the source"),
            (Colour::Target, "in the target"),
        ],
    };
    html! { div.sizes { (bars(&caption, &rows)) } }
}

fn by_calendar(components: &Components) -> Markup {
    if components.largest.is_empty() {
        return none("Components per calendar", "No component was recognised.");
    }
    let (shown, folded) = components
        .largest
        .split_at_checked(BARS)
        .unwrap_or((&components.largest, &[]));
    let mut rows: Vec<Row> = shown
        .iter()
        .map(|one| row(one.calendar.clone(), &one.count))
        .collect();
    let rest = folded
        .iter()
        .fold(components.others, |all, one| all.and(&one.count));
    let left = components.calendars.saturating_sub(shown.len() as u64);
    if left > 0 {
        // Together they may have far more than the largest has: a bar to the
        // same scale would leave nothing of the others.
        rows.push(Row {
            label: some(left, "other calendar", "other calendars"),
            figure: grouped(rest.components),
            bars: Vec::new(),
        });
    }
    let about = format!(
        "{} in {}, those with most first. Recognised records of the files of events, todos and \
         journals; those that are deleted but kept are counted.",
        some(components.all.components, "component", "components"),
        some(components.calendars, "calendar", "calendars"),
    );
    let caption = Caption {
        id: "calendars-chart",
        title: "Components per calendar",
        about: &about,
        parts: &KINDS,
    };
    let unnamed = components
        .calendars
        .saturating_sub(components.largest.len() as u64);
    html! {
        div {
            (bars(&caption, &rows))
            details {
                summary { "The figures" }
                (wide("Components per calendar", &html! {
                    table.calendars {
                        (head("Calendar"))
                        tbody {
                            @for one in &components.largest {
                                (figures(&name(&one.calendar), &one.count))
                            }
                            @if unnamed > 0 {
                                (figures(
                                    &html! { (some(unnamed, "other calendar", "other calendars")) },
                                    &components.others,
                                ))
                            }
                        }
                        tfoot { (figures(&html! { "All" }, &components.all)) }
                    }
                }))
            }
        }
    }
}

fn by_year(components: &Components) -> Markup {
    let columns_of = columns_of(components);
    if columns_of.is_empty() {
        return none(
            "Components per year",
            "No component was recognised that says when it starts.",
        );
    }
    let about = format!(
        "By the year in which they start (DTSTART), as it is written; {}.",
        match components.undated.components {
            0 => "all say a date".to_owned(),
            1 => "1 says no date".to_owned(),
            count => format!("{} say no date", grouped(count)),
        }
    );
    let caption = Caption {
        id: "years-chart",
        title: "Components per year",
        about: &about,
        parts: &KINDS,
    };
    let rest = [
        ("earlier", &components.earlier),
        ("later", &components.later),
        ("no date", &components.undated),
    ];
    html! {
        div {
            (columns(&caption, &columns_of))
            details {
                summary { "The figures" }
                (wide("Components per year", &html! {
                    table.years {
                        (head("Year"))
                        tbody {
                            @for year in &components.years {
                                (figures(&html! { (year.year) }, &year.count))
                            }
                            @for (label, count) in rest {
                                @if count.components > 0 {
                                    (figures(&html! { (label) }, count))
                                }
                            }
                        }
                        tfoot { (figures(&html! { "All" }, &components.all)) }
                    }
                }))
            }
        }
    }
}

/// A column for each year from the first to the last, or, where these are far
/// apart, for those years in which most components are, and one for what is
/// before and after them.
fn columns_of(components: &Components) -> Vec<Column> {
    let years = &components.years;
    let within = |from: u16, to: u16| {
        years
            .iter()
            .filter(move |one| (from..=to).contains(&one.year))
            .fold(Count::default(), |all, one| all.and(&one.count))
    };
    let column = |label: String, count: &Count| Column {
        label,
        parts: kinds(count),
    };
    let mut columns = Vec::new();
    let (mut before, mut after) = (components.earlier, components.later);
    if let (Some(first), Some(last)) = (years.first(), years.last()) {
        let (mut from, mut to) = (first.year, last.year);
        let end = |from: u16| from.saturating_add(YEARS.saturating_sub(1));
        if end(from) < to {
            let starts = from..=to.saturating_sub(YEARS.saturating_sub(1));
            let most = starts
                .rev()
                .max_by_key(|from| within(*from, end(*from)).components);
            from = most.unwrap_or(from);
            before = before.and(&within(0, from.saturating_sub(1)));
            after = after.and(&within(end(from).saturating_add(1), u16::MAX));
            to = end(from);
        }
        columns.extend((from..=to).map(|year| column(year.to_string(), &within(year, year))));
    }
    if before.components > 0 {
        columns.insert(0, column("before".to_owned(), &before));
    }
    if after.components > 0 {
        columns.push(column("after".to_owned(), &after));
    }
    columns
}

fn row(label: String, count: &Count) -> Row {
    Row {
        label,
        figure: grouped(count.components),
        bars: vec![kinds(count)],
    }
}

fn kinds(count: &Count) -> Vec<Part> {
    vec![
        part(Colour::Event, count.events),
        part(Colour::Todo, count.todos),
        part(Colour::Journal, count.journals),
    ]
}

fn part(colour: Colour, value: u64) -> Part {
    Part { colour, value }
}

fn head(first: &str) -> Markup {
    html! {
        thead { tr {
            th scope="col" { (first) } th.n scope="col" { "Components" }
            th.n scope="col" { "Events" } th.n scope="col" { "Todos" }
            th.n scope="col" { "Journals" }
        } }
    }
}

fn figures(label: &Markup, count: &Count) -> Markup {
    html! {
        tr {
            th scope="row" { (label) }
            @for value in [count.components, count.events, count.todos, count.journals] {
                td.n { (number(value)) }
            }
        }
    }
}

fn none(title: &str, why: &str) -> Markup {
    html! { div { h3 { (title) } p { (why) } } }
}
