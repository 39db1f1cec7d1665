//! The lines of a text: those of a header, and those of keys and data, which
//! are decoded as they are read so that no more than one item is in memory.

use std::io::{BufRead, ErrorKind};

use crate::failure::Failure;
use crate::settings::Form;
use bdbfile::escape::escaped;

/// The longest line of a header.
const HEADER_LINE: usize = 1 << 16;

/// The longest key or datum: lengths have 32 bits.
const ITEM: u64 = u32::MAX as u64;

/// What ends the records of a database.
const DATA_END: &[u8] = b"DATA=END";

/// How the lines of keys and data are marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Each begins with a blank, and `DATA=END` follows the last.
    Blank,
    /// All lines to the end of the text are items.
    Bare,
}

/// How an item is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) form: Form,
    pub(crate) framing: Framing,
}

/// What a line among the records is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// A key or a datum, decoded.
    Item,
    /// `DATA=END`.
    DataEnd,
    /// The text is at its end.
    TextEnd,
}

/// A text being read.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    name: String,
    input: R,
    /// The number of the line read last, from 1.
    number: u64,
}

impl<R: BufRead> Lines<R> {
    /// A text; errors give it a name.
    pub(crate) fn new(name: String, input: R) -> Self {
        Self {
            name,
            input,
            number: 0,
        }
    }

    /// The number of the line read last, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// An error about the line read last.
    pub(crate) fn wrong(&self, rule: impl std::fmt::Display) -> Failure {
        self.wrong_at(self.number, rule)
    }

    /// An error about a line read before.
    pub(crate) fn wrong_at(&self, number: u64, rule: impl std::fmt::Display) -> Failure {
        let name = &self.name;
        Failure::Message(escaped(&format!("{name}: line {number}: {rule}")))
    }

    /// The next line of a header, without its end; `None` at the end of the
    /// text.
    pub(crate) fn header_line(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let mut line = Vec::new();
        self.number = self.number.saturating_add(1);
        loop {
            let Some(chunk) = self.chunk()? else {
                if line.is_empty() {
                    return Ok(None);
                }
                return Err(self.wrong("the text ends within the line"));
            };
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let taken = end.unwrap_or(chunk.len());
            line.extend_from_slice(chunk.get(..taken).unwrap_or_default());
            let all = taken.saturating_add(end.is_some().into());
            self.input.consume(all);
            if line.len() > HEADER_LINE {
                return Err(self.wrong("the line is too long for one of a header"));
            }
            if end.is_some() {
                break;
            }
        }
        if line.last() == Some(&b'\r') {
            return Err(self.wrong(
                "the line ends with a carriage return: its line ends are no longer those of db_dump",
            ));
        }
        Ok(Some(line))
    }

    /// The next key or datum, decoded into `item`.
    pub(crate) fn item(&mut self, style: Style, item: &mut Vec<u8>) -> Result<Line, Failure> {
        item.clear();
        let before = self.number;
        self.number = before.saturating_add(1);
        let Some(chunk) = self.chunk()? else {
            self.number = before;
            return Ok(Line::TextEnd);
        };
        if style.framing == Framing::Blank {
            if chunk.first() != Some(&b' ') {
                return self.data_end();
            }
            self.input.consume(1);
        }
        match style.form {
            Form::Bytes => self.hex(item)?,
            Form::Print => self.print(item)?,
        }
        Ok(Line::Item)
    }

    /// A line that is no item: the end of the records, and nothing else.
    fn data_end(&mut self) -> Result<Line, Failure> {
        for expected in DATA_END.iter().chain(b"\n") {
            let found = self.chunk()?.and_then(|chunk| chunk.first()).copied();
            match found {
                Some(found) if found == *expected => self.input.consume(1),
                None if *expected == b'\n' => return Err(self.cut()),
                _ => {
                    return Err(
                        self.wrong("neither an item, which begins with a blank, nor DATA=END")
                    );
                }
            }
        }
        Ok(Line::DataEnd)
    }

    /// Two hex digits a byte, to the end of the line.
    fn hex(&mut self, item: &mut Vec<u8>) -> Result<(), Failure> {
        // The first digit of a byte.
        let mut high: Option<u8> = None;
        loop {
            let Some(chunk) = self.chunk()? else {
                return Err(self.cut());
            };
            let (mut taken, mut end) = (0_usize, false);
            let mut wrong = None;
            for byte in chunk {
                taken = taken.saturating_add(1);
                if *byte == b'\n' {
                    end = true;
                    break;
                }
                let Some(digit) = digit(*byte) else {
                    wrong = Some(*byte);
                    break;
                };
                match high.take() {
                    None => high = Some(digit),
                    Some(high) => item.push(high << 4 | digit),
                }
            }
            self.input.consume(taken);
            if let Some(wrong) = wrong {
                let shown = wrong.escape_ascii();
                return Err(self.wrong(format_args!("'{shown}' is not a hex digit")));
            }
            self.check_len(item)?;
            if end {
                break;
            }
        }
        if high.is_some() {
            return Err(self.wrong("an odd number of hex digits"));
        }
        Ok(())
    }

    /// Bytes as they are, `\\` for a backslash, `\xx` for any byte, to the end
    /// of the line.
    fn print(&mut self, item: &mut Vec<u8>) -> Result<(), Failure> {
        let mut state = Escape::None;
        loop {
            let Some(chunk) = self.chunk()? else {
                return Err(self.cut());
            };
            let (mut taken, mut end, mut broken) = (0_usize, false, false);
            for byte in chunk {
                taken = taken.saturating_add(1);
                if state == Escape::None && *byte == b'\n' {
                    end = true;
                    break;
                }
                if let Some(next) = state.step(*byte, item) {
                    state = next;
                } else {
                    broken = true;
                    break;
                }
            }
            self.input.consume(taken);
            if broken {
                return Err(
                    self.wrong("a backslash is followed by neither another nor two hex digits")
                );
            }
            self.check_len(item)?;
            if end {
                return Ok(());
            }
        }
    }

    fn cut(&self) -> Failure {
        self.wrong("the text ends within the line: it may have been cut")
    }

    fn check_len(&self, item: &[u8]) -> Result<(), Failure> {
        if item.len() as u64 > ITEM {
            return Err(self.wrong(format_args!("the item is longer than {ITEM} bytes")));
        }
        Ok(())
    }

    /// What is read and not yet taken; `None` at the end of the text.
    fn chunk(&mut self) -> Result<Option<&[u8]>, Failure> {
        // Asked twice: the borrow of the first answer cannot be given out
        // where it may be asked again.
        loop {
            match self.input.fill_buf() {
                Ok(_) => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    let name = &self.name;
                    let message = format!("{name}: cannot read the text: {error}");
                    return Err(Failure::Message(escaped(&message)));
                }
            }
        }
        match self.input.fill_buf() {
            Ok([]) => Ok(None),
            Ok(chunk) => Ok(Some(chunk)),
            Err(error) => Err(Failure::Message(escaped(&error.to_string()))),
        }
    }
}

/// How far an escape of the print form has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escape {
    None,
    Begun,
    Digit(u8),
}

impl Escape {
    /// Takes a byte, and adds to the item what is known by it; `None` where no
    /// escape goes on like this.
    fn step(self, byte: u8, item: &mut Vec<u8>) -> Option<Self> {
        match (self, byte) {
            (Self::None, b'\\') => return Some(Self::Begun),
            (Self::None, byte) => item.push(byte),
            (Self::Begun, b'\\') => item.push(b'\\'),
            (Self::Begun, byte) => return Some(Self::Digit(digit(byte)?)),
            (Self::Digit(high), byte) => item.push(high << 4 | digit(byte)?),
        }
        Some(Self::None)
    }
}

/// The value of a hex digit.
fn digit(byte: u8) -> Option<u8> {
    let value = char::from(byte).to_digit(16)?;
    u8::try_from(value).ok()
}

/// The bytes of a word in the print form, as names of databases are written.
pub(crate) fn unescaped(word: &[u8]) -> Option<Vec<u8>> {
    let line = [word, b"\n"].concat();
    let mut lines = Lines::new(String::new(), line.as_slice());
    let mut bytes = Vec::new();
    lines.print(&mut bytes).ok()?;
    // A line feed would have ended it before its time.
    lines.input.is_empty().then_some(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn items(style: Style, text: &[u8], buffer: usize) -> Result<(Vec<Vec<u8>>, Line), String> {
        let input = BufReader::with_capacity(buffer, text);
        let mut lines = Lines::new("text".to_owned(), input);
        let mut found = Vec::new();
        loop {
            let mut item = Vec::new();
            match lines.item(style, &mut item) {
                Ok(Line::Item) => found.push(item),
                Ok(line) => return Ok((found, line)),
                Err(Failure::Message(message)) => return Err(message),
                Err(other) => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn items_of_both_forms_whatever_the_buffer() {
        for buffer in 1..20 {
            let style = |form, framing| Style { form, framing };
            let print = style(Form::Print, Framing::Blank);
            let found = items(print, b" a\\\\ \\e9\\0A\\7f\n \nDATA=END\nrest", buffer);
            let expected = vec![b"a\\ \xe9\n\x7f".to_vec(), Vec::new()];
            assert_eq!(found, Ok((expected, Line::DataEnd)));
            let hex = style(Form::Bytes, Framing::Blank);
            let found = items(hex, b" 615c2E\n \n", buffer);
            let expected = vec![b"a\\.".to_vec(), Vec::new()];
            assert_eq!(found, Ok((expected, Line::TextEnd)));
            let bare = style(Form::Print, Framing::Bare);
            let found = items(bare, b" a\n\nDATA=END\n", buffer);
            let expected = vec![b" a".to_vec(), Vec::new(), b"DATA=END".to_vec()];
            assert_eq!(found, Ok((expected, Line::TextEnd)));
        }
    }

    #[test]
    fn an_error_names_line_and_rule() {
        let print = Style {
            form: Form::Print,
            framing: Framing::Blank,
        };
        let hex = Style {
            form: Form::Bytes,
            ..print
        };
        let escape = "a backslash is followed by neither another nor two hex digits";
        let cut = "the text ends within the line: it may have been cut";
        let neither = "neither an item, which begins with a blank, nor DATA=END";
        for (style, text, line, rule) in [
            (print, " a\n \\4g\n", 2, escape),
            (print, " \\4\n", 1, escape),
            (print, " \\", 1, cut),
            (print, " a\n b", 2, cut),
            (print, " a\nb\n", 2, neither),
            (print, "DATA=ENDE\n", 1, neither),
            (print, "DATA=END\r\n", 1, neither),
            (print, "DATA=END", 1, cut),
            (print, "\n", 1, neither),
            (hex, " 6\n", 1, "an odd number of hex digits"),
            (hex, " 6 \n", 1, "' ' is not a hex digit"),
            (hex, " 61\r\n", 1, "'\\r' is not a hex digit"),
        ] {
            let found = items(style, text.as_bytes(), 5);
            assert_eq!(found, Err(format!("text: line {line}: {rule}")), "{text}");
        }
        let mut lines = Lines::new("text".to_owned(), &b"VERSION=3\r\n"[..]);
        assert!(lines.header_line().is_err());
        let long = vec![b'x'; HEADER_LINE + 10];
        assert!(
            Lines::new(String::new(), long.as_slice())
                .header_line()
                .is_err()
        );
    }

    #[test]
    fn names_of_databases() {
        assert_eq!(unescaped(b"a\\0ab\\\\"), Some(b"a\nb\\".to_vec()));
        assert_eq!(unescaped(b"a\\"), None);
        assert_eq!(unescaped(b"a\nb"), None);
    }
}
