//! Content lines written: RFC 5545, 3.1 and 3.3.11. No text can end the line it
//! stands in, whatever is in it.

/// The longest line in bytes, without its end.
const LONGEST: usize = 75;

/// How far before the longest a line is ended to keep white space away from its
/// end: programs that take folds out have been seen to lose it there.
const GIVE_WAY: usize = 24;

/// A content line that is being put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentLine {
    text: String,
}

impl ContentLine {
    /// A line of this name. What no name may have becomes a hyphen.
    pub fn new(name: &str) -> Self {
        Self {
            text: line_name(name),
        }
    }

    /// Adds a parameter with its values; those that are empty say nothing. All
    /// are quoted where one must be, or where `quoted` asks for it: there are
    /// readers that take no mixture. A quote in one becomes an apostrophe, and a
    /// line end a space, for nothing else can stand for them.
    #[must_use]
    pub fn param<'v>(
        mut self,
        name: &str,
        values: impl IntoIterator<Item = &'v str>,
        quoted: bool,
    ) -> Self {
        let values = values.into_iter().filter(|value| !value.is_empty());
        let values = values.map(|value| printable(value).replace('"', "'").replace('\n', " "));
        let values: Vec<String> = values.collect();
        let must = |value: &String| value.contains([',', ';', ':']);
        let quote = if quoted || values.iter().any(must) {
            "\""
        } else {
            ""
        };
        self.text.push(';');
        self.text.push_str(&line_name(name));
        self.text.push('=');
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            for part in [quote, value, quote] {
                self.text.push_str(part);
            }
        }
        self
    }

    /// Ends the line with a value that is a text: escaped.
    #[must_use]
    pub fn text(self, value: &str) -> Self {
        let escaped = escaped(value);
        self.raw(&escaped)
    }

    /// Ends the line with a value as it is, but for what no value may have.
    #[must_use]
    pub fn raw(mut self, value: &str) -> Self {
        self.text.push(':');
        self.text.push_str(&printable(value).replace('\n', " "));
        self
    }

    /// The line without folds and without an end.
    pub fn unfolded(&self) -> &str {
        &self.text
    }

    /// Appends the line, folded.
    pub fn print(&self, into: &mut Vec<u8>) {
        fold(&self.text, into);
    }
}

/// A text as RFC 5545 writes it: backslash, semicolon, comma and line ends as
/// escapes, other control characters but the tab as U+FFFD.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out
}

/// Whether a character can be neither in a line nor escaped in one.
pub fn is_unwritable(c: char) -> bool {
    c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r')
}

/// The text with line ends of any kind as `\n`, and what cannot be written as
/// U+FFFD.
fn printable(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    text.chars()
        .map(|c| match c {
            '\r' => '\n',
            c if is_unwritable(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

/// A name in upper case, of the characters that a name may have.
pub(super) fn line_name(name: &str) -> String {
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '-'
            }
        })
        .collect();
    if name.is_empty() {
        "X-".to_owned()
    } else {
        name
    }
}

/// Appends a line in pieces of at most 75 bytes. No character is cut.
fn fold(line: &str, into: &mut Vec<u8>) {
    let mut rest = line;
    let mut room = LONGEST;
    while rest.len() > room {
        let (piece, tail) = rest.split_at(cut(rest, room));
        into.extend_from_slice(piece.as_bytes());
        into.extend_from_slice(b"\r\n ");
        rest = tail;
        // The space before the others is of the line.
        room = LONGEST.saturating_sub(1);
    }
    into.extend_from_slice(rest.as_bytes());
    into.extend_from_slice(b"\r\n");
}

/// Where to cut a line of which no more than `room` bytes fit: between two
/// characters that are no white space, if that is not far, and never within a
/// character. `room` is more than the longest character.
fn cut(line: &str, room: usize) -> usize {
    let least = room.saturating_sub(GIVE_WAY);
    let places = (least..=room).rev().filter(|at| line.is_char_boundary(*at));
    let mut places = places.peekable();
    let latest = places.peek().copied();
    let is_white = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || c == '\u{feff}');
    let good = places.find(|at| {
        let (before, after) = line.split_at(*at);
        !is_white(before.chars().next_back()) && !is_white(after.chars().next())
    });
    good.or(latest).unwrap_or(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(line: &ContentLine) -> String {
        let mut bytes = Vec::new();
        line.print(&mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_text_cannot_end_its_line() {
        let line = ContentLine::new("SUMMARY").text("a\r\nEND:VCALENDAR\rb\nc;d,e\\f\0\u{1b}\tg");
        assert_eq!(
            printed(&line),
            "SUMMARY:a\\nEND:VCALENDAR\\nb\\nc\\;d\\,e\\\\f\u{fffd}\u{fffd}\tg\r\n"
        );
        let line = ContentLine::new("x-a_b\r\n:c").param("CN", ["a\"\r\nb:c", "d"], false);
        assert_eq!(
            printed(&line.raw("1\r\n2")),
            "X-A-B---C;CN=\"a' b:c\",\"d\":1 2\r\n"
        );
    }

    #[test]
    fn lines_are_of_75_bytes_at_most_and_no_character_is_cut() {
        for text in ["x".repeat(400), "ü予🗓".repeat(60), " ".repeat(300)] {
            let line = ContentLine::new("DESCRIPTION").text(&text);
            let printed = printed(&line);
            let lines: Vec<&str> = printed
                .strip_suffix("\r\n")
                .unwrap()
                .split("\r\n")
                .collect();
            assert!(lines.len() > 3);
            assert!(lines.iter().all(|line| line.len() <= LONGEST), "{lines:?}");
            assert!(lines[..lines.len() - 1].iter().all(|line| line.len() > 45));
            let unfolded = printed.replace("\r\n ", "");
            assert_eq!(unfolded, format!("DESCRIPTION:{text}\r\n"));
        }
    }
}
