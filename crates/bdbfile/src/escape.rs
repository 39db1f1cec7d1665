//! Text from data and file names, made fit for a screen, a log or a JSON
//! document. Names, keys and values of a file are whatever somebody wrote into
//! it, and so are the errors and findings that show them: they are text, and
//! become lines here.

use std::fmt::Write;

/// The text with control characters (and what else could fake or hide a line)
/// written as escapes: no line ends in it, and nothing that a terminal obeys.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_obeyed(c) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// A JSON document that says the same with the same characters as escapes of
/// JSON. Of those it has none outside of its strings but line ends, which stay.
pub fn escaped_json(document: &str) -> String {
    let mut out = String::with_capacity(document.len());
    for c in document.chars() {
        if is_obeyed(c) && c != '\n' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether a character does something instead of being shown: control
/// characters, line separators and direction marks. The last are no control
/// characters by class, but they turn a line around all the same.
fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_can_begin_a_line_of_its_own() {
        assert_eq!(escaped("a\nb\u{1b}[2J"), "a\\u{a}b\\u{1b}[2J");
        assert_eq!(escaped("x\u{202e}y\u{61c}z"), "x\\u{202e}y\\u{61c}z");
        assert_eq!(escaped("a\u{7f}b\u{9b}2J"), "a\\u{7f}b\\u{9b}2J");
        assert_eq!(escaped("Terminübersicht 予定"), "Terminübersicht 予定");
    }

    #[test]
    fn a_document_keeps_its_lines_and_nothing_else_that_is_obeyed() {
        assert_eq!(
            escaped_json("{\n  \"ü\": \"a\\n\u{9b}2J\u{202e}\u{7f}\"\n}\n"),
            "{\n  \"ü\": \"a\\n\\u009b2J\\u202e\\u007f\"\n}\n"
        );
    }
}
