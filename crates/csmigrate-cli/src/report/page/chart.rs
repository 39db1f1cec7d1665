//! Charts as SVG that needs no script: bars that lie, one below the other, and
//! columns that stand, for years.
//!
//! Widths are shares of the whole, heights are pixels, so a chart is as wide as
//! there is room and its texts stay as large as those around it. Every bar has
//! its figure beside it or in its title; the figures stand in a table as well.

use maud::{Markup, html};

use super::words::grouped;

/// What a chart shows, in words.
pub(super) struct Caption<'a> {
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    pub(super) about: &'a str,
    /// The names of the parts.
    pub(super) parts: &'a [(Colour, &'a str)],
}

/// What a part of a bar is, and so its colour, which is the same in all charts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Recognised,
    Unrecognised,
    Source,
    Target,
    Event,
    Todo,
    Journal,
}

impl Colour {
    /// The class that the style knows it by.
    const fn class(self) -> &'static str {
        match self {
            Self::Recognised => "recognised",
            Self::Unrecognised => "unrecognised",
            Self::Source => "source",
            Self::Target => "target",
            Self::Event => "event",
            Self::Todo => "todo",
            Self::Journal => "journal",
        }
    }
}

/// A label with its bars, one below the other.
pub(super) struct Row {
    pub(super) label: String,
    /// What stands to the right of the label.
    pub(super) figure: String,
    pub(super) bars: Vec<Vec<Part>>,
}

/// A part of a bar.
pub(super) struct Part {
    pub(super) colour: Colour,
    pub(super) value: u64,
}

/// A column, and what is written below it.
pub(super) struct Column {
    pub(super) label: String,
    pub(super) parts: Vec<Part>,
}

/// Characters of a label; more would run into its figure on a narrow screen.
const LABEL: usize = 24;

/// Of a row without its bars.
const ROW: u64 = 32;
const BAR: u64 = 12;
const PLOT: u64 = 180;
/// Room above and below the columns.
const ABOVE: u64 = 12;
const BELOW: u64 = 28;
/// Labels below the columns, at most about so many.
const LABELS: usize = 6;

/// Hundredths of a percent that nothing is smaller than: it could not be seen.
const LEAST: u64 = 30;

/// Bars that lie, the longest as wide as the chart.
pub(super) fn bars(caption: &Caption<'_>, rows: &[Row]) -> Markup {
    let longest = rows
        .iter()
        .flat_map(|row| row.bars.iter().map(|bar| sum(bar)))
        .max()
        .unwrap_or_default();
    let of_row = |row: &Row| ROW.saturating_add(BAR.saturating_mul(row.bars.len() as u64));
    let tops = rows.iter().scan(0_u64, |top, row| {
        let this = *top;
        *top = top.saturating_add(of_row(row));
        Some(this)
    });
    let height: u64 = rows.iter().map(of_row).sum();
    let drawn = html! {
        @for (row, top) in rows.iter().zip(tops) {
            g {
                title { (row.label) ": " (row.figure) }
                text x="0" y=(top.saturating_add(16)) { (shortened(&row.label)) }
                text.figure x="100%" y=(top.saturating_add(16)) { (row.figure) }
                @for (bar, place) in row.bars.iter().zip(0_u64..) {
                    @let y = top.saturating_add(22).saturating_add(BAR.saturating_mul(place));
                    rect.track x="0" y=(y) width="100%" height=(BAR - 2) {}
                    @for (part, from, width) in laid(bar, longest) {
                        rect class=(part.colour.class()) x=(percent(from)) y=(y)
                            width=(percent(width)) height=(BAR - 2) {}
                    }
                }
            }
        }
    };
    figure(caption, "bars", height, &drawn)
}

/// Columns that stand, with a scale to their left.
pub(super) fn columns(caption: &Caption<'_>, columns: &[Column]) -> Markup {
    let highest = columns.iter().map(|one| sum(&one.parts)).max();
    let (step, top) = scale(highest.unwrap_or_default());
    let base = ABOVE.saturating_add(PLOT);
    let slot = 10_000_u64
        .checked_div(columns.len() as u64)
        .unwrap_or_default();
    let every = columns.len().div_ceil(LABELS).max(1);
    let lines = (0..).map_while(|line: u64| {
        let value = step.saturating_mul(line);
        (value <= top && line < 12).then_some(value)
    });
    let drawn = html! {
        @for value in lines {
            @let y = base.saturating_sub(high(value, top));
            line.grid x1="0" x2="100%" y1=(y) y2=(y) {}
            text.scale x="-8" y=(y.saturating_add(4)) { (grouped(value)) }
        }
        @for (column, index) in columns.iter().zip(0_usize..) {
            @let left = slot.saturating_mul(index as u64);
            g {
                title { (column.label) ": " (grouped(sum(&column.parts))) }
                @for (part, below) in piled(&column.parts) {
                    @let height = high(part.value, top).max(u64::from(part.value > 0));
                    rect class=(part.colour.class())
                        x=(percent(left.saturating_add(slot / 10)))
                        y=(base.saturating_sub(high(below, top)).saturating_sub(height))
                        width=(percent(slot.saturating_sub(slot / 5))) height=(height) {}
                }
            }
            @if is_labelled(index, columns.len(), every) {
                text.below x=(percent(left.saturating_add(slot / 2))) y=(base.saturating_add(18)) {
                    (column.label)
                }
            }
        }
    };
    figure(caption, "columns", base.saturating_add(BELOW), &drawn)
}

fn figure(caption: &Caption<'_>, class: &str, height: u64, drawn: &Markup) -> Markup {
    let Caption {
        id,
        title,
        about,
        parts,
    } = caption;
    html! {
        figure id=(id) {
            figcaption { h3 { (title) } p { (about) } }
            @if parts.len() > 1 {
                ul.legend {
                    @for (colour, name) in *parts {
                        li { span class={ "key " (colour.class()) } {} (name) }
                    }
                }
            }
            svg class=(class) role="img" width="100%" height=(height)
                aria-labelledby={ (id) "-t " (id) "-d" } {
                title id={ (id) "-t" } { (title) }
                desc id={ (id) "-d" } { (about) }
                (drawn)
            }
        }
    }
}

/// Whether a column has its label: every so manyth one and the last, and none
/// that would run into that.
fn is_labelled(index: usize, columns: usize, every: usize) -> bool {
    let last = columns.saturating_sub(1);
    index == last || index.is_multiple_of(every) && last.saturating_sub(index) >= every
}

/// Each part of a bar with where it begins and how wide it is, in hundredths of
/// a percent of the chart.
fn laid(bar: &[Part], longest: u64) -> impl Iterator<Item = (&Part, u64, u64)> {
    let mut from = 0_u64;
    bar.iter().filter(|part| part.value > 0).map(move |part| {
        let width = share(part.value, longest, 10_000).max(LEAST);
        let left = from.min(10_000_u64.saturating_sub(width));
        from = from.saturating_add(width);
        (part, left, width)
    })
}

/// Each part of a column with what is below it.
fn piled(parts: &[Part]) -> impl Iterator<Item = (&Part, u64)> {
    let mut below = 0_u64;
    parts.iter().filter(|part| part.value > 0).map(move |part| {
        let from = below;
        below = below.saturating_add(part.value);
        (part, from)
    })
}

fn sum(parts: &[Part]) -> u64 {
    parts
        .iter()
        .fold(0, |all, part| all.saturating_add(part.value))
}

/// So many of `parts` as `value` is of `whole`.
fn share(value: u64, whole: u64, parts: u64) -> u64 {
    let product = u128::from(value).saturating_mul(u128::from(parts));
    let share = product.checked_div(u128::from(whole)).unwrap_or_default();
    u64::try_from(share).unwrap_or(parts)
}

fn high(value: u64, top: u64) -> u64 {
    share(value, top, PLOT)
}

/// The distance of the lines of a scale, and its end: 1, 2 or 5 and noughts.
fn scale(highest: u64) -> (u64, u64) {
    let wanted = highest.div_ceil(4).max(1);
    let mut power = 1_u64;
    while power.saturating_mul(10) <= wanted && power < 1_000_000_000_000_000_000 {
        power = power.saturating_mul(10);
    }
    let steps = [1_u64, 2, 5, 10].map(|digit| power.saturating_mul(digit));
    let step = steps
        .into_iter()
        .find(|step| *step >= wanted)
        .unwrap_or(wanted);
    let lines = highest.div_ceil(step).max(1);
    (step, step.saturating_mul(lines))
}

/// Hundredths of a percent, as an attribute.
fn percent(hundredths: u64) -> String {
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

fn shortened(label: &str) -> String {
    if label.chars().count() <= LABEL {
        return label.to_owned();
    }
    let front = label.chars().take(LABEL.saturating_sub(1));
    front.chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_above_the_highest_and_have_few_lines() {
        for highest in (0..2000).chain([123_456, 999_999_999, u64::MAX / 2]) {
            let (step, top) = scale(highest);
            assert!(top >= highest && top - highest < step.max(2), "{highest}");
            assert!(top / step <= 5, "{highest}: {step} {top}");
            let digits = step.to_string();
            assert!(["1", "2", "5"].contains(&digits.trim_end_matches('0')));
        }
    }

    #[test]
    fn parts_lie_one_after_the_other_within_the_chart() {
        let bar = [5, 0, 1, u64::MAX / 2].map(|value| Part {
            colour: Colour::Event,
            value,
        });
        let whole = sum(&bar);
        let laid: Vec<_> = laid(&bar, whole).collect();
        assert_eq!(laid.len(), 3, "nothing has no part");
        for (_, from, width) in laid {
            assert!(width >= LEAST && from + width <= 10_000);
        }
        let small = [1, 3].map(|value| Part {
            colour: Colour::Event,
            value,
        });
        let laid: Vec<_> = super::laid(&small, 4)
            .map(|(_, from, width)| (from, width))
            .collect();
        assert_eq!(laid, [(0, 2500), (2500, 7500)]);
        assert_eq!(percent(2507), "25.07%");
    }
}
