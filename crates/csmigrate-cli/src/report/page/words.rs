//! Figures and other small pieces that the sections share.

use maud::{Markup, html};

use crate::json::Mark;

/// A number as people read it, with the bare one beside it for programs.
pub(super) fn number(value: u64) -> Markup {
    html! { data value=(value) { (grouped(value)) } }
}

/// A number, or a dash where there is none.
pub(super) fn number_or_dash(value: Option<u64>) -> Markup {
    value.map_or_else(
        || html! { span title="nothing was to be written" { "–" } },
        number,
    )
}

/// A number in groups of three digits.
pub(super) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(index);
        if index > 0 && left.is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of bytes in the largest unit of which there is one, cut off after a
/// digit.
pub(super) fn size(bytes: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    for (unit, bits) in units {
        let whole = bytes >> bits;
        if whole > 0 {
            let rest = bytes.saturating_sub(whole << bits);
            let part = rest.saturating_mul(10) >> bits;
            return format!("{}.{part} {unit}", grouped(whole));
        }
    }
    format!("{bytes} bytes")
}

/// Both: for people, and exactly.
pub(super) fn bytes(bytes: u64) -> Markup {
    html! {
        (number(bytes)) " bytes"
        @if bytes >= 1 << 10 { " (" (size(bytes)) ")" }
    }
}

/// A span as the closing table has it.
pub(super) fn seconds(span: f64) -> Markup {
    html! { data value=(span) { (format!("{span:.2}")) } }
}

/// A time in UTC as people read it.
pub(super) fn time(at: &str) -> Markup {
    let shown = at.replace('T', " ").replace('Z', " UTC");
    html! { time datetime=(at) { (shown) } }
}

/// Some of a thing, with the word for one and for more.
pub(super) fn some(count: u64, one: &str, more: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{} {more}", grouped(count))
    }
}

/// A mark of provenance with what it rests on.
pub(super) fn mark(mark: &Mark<'_>) -> Markup {
    html! { (badge(mark.mark)) " " span.basis { (mark.basis) } }
}

/// A mark alone.
pub(super) fn badge(mark: &str) -> Markup {
    html! { span class={ "mark " (mark) } { (mark) } }
}

/// A table that can be moved sideways where it is wider than the screen.
pub(super) fn wide(name: &str, table: &Markup) -> Markup {
    html! { div.wide role="region" aria-label=(name) tabindex="0" { (table) } }
}

/// A list of terms and what they are; those without anything are left out.
pub(super) fn terms(terms: Vec<(&str, Option<Markup>)>) -> Markup {
    html! {
        dl {
            @for (term, what) in terms {
                @if let Some(what) = what { div { dt { (term) } dd { (what) } } }
            }
        }
    }
}

/// A name or another text from data.
pub(super) fn name(name: &str) -> Markup {
    html! { code { (name) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_sizes_have_units() {
        for (value, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (123_456, "123,456"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(grouped(value), text);
        }
        for (value, text) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (1024, "1.0 KiB"),
            (1_048_575, "1023.9 KiB"),
            (1_572_864, "1.5 MiB"),
            (u64::MAX, "17,179,869,183.9 GiB"),
        ] {
            assert_eq!(size(value), text.replace("1023.9", "1,023.9"));
        }
    }
}
