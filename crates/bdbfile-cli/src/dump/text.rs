//! Keys and data as lines of text.

use std::io::Write;

use crate::failure::Failure;
use crate::settings::Form;

/// What ends the records of a database.
pub(crate) const FOOTER: &[u8] = b"DATA=END\n";

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Writes keys and data, a line each.
pub(crate) struct Items<W> {
    form: Form,
    out: W,
    line: Vec<u8>,
}

impl<W: Write> Items<W> {
    pub(crate) fn new(form: Form, out: W) -> Self {
        let line = Vec::new();
        Self { form, out, line }
    }

    /// Writes lines as they are.
    pub(crate) fn raw(&mut self, lines: &[u8]) -> Result<(), Failure> {
        Ok(self.out.write_all(lines)?)
    }

    /// Writes one key or datum.
    pub(crate) fn write(&mut self, item: &[u8]) -> Result<(), Failure> {
        self.line.clear();
        self.line.push(b' ');
        match self.form {
            Form::Bytes => self.line.extend(item.iter().flat_map(|byte| hex(*byte))),
            Form::Print => printable(item, &mut self.line),
        }
        self.line.push(b'\n');
        Ok(self.out.write_all(&self.line)?)
    }
}

/// Appends bytes with printable characters (of ASCII) as themselves and the
/// rest as `\xx`.
pub(crate) fn printable(bytes: &[u8], line: &mut Vec<u8>) {
    for byte in bytes {
        match byte {
            b'\\' => line.extend(b"\\\\"),
            b' '..=b'~' => line.push(*byte),
            _ => {
                line.push(b'\\');
                line.extend(hex(*byte));
            }
        }
    }
}

fn hex(byte: u8) -> [u8; 2] {
    [byte >> 4, byte & 0xf].map(|digit| HEX.get(usize::from(digit)).copied().unwrap_or(b'?'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_can_be_read_back_without_doubt() {
        for (form, text) in [
            (Form::Bytes, " 615c20e90a7f\n"),
            (Form::Print, " a\\\\ \\e9\\0a\\7f\n"),
        ] {
            let mut out = Vec::new();
            Items::new(form, &mut out)
                .write(b"a\\ \xe9\n\x7f")
                .expect("memory takes it");
            assert_eq!(String::from_utf8(out).expect("text"), text);
        }
    }
}
