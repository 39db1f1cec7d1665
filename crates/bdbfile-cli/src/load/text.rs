//! The text of `db_dump` as records: database by database, one record at a
//! time in memory.

use std::io::BufRead;

use crate::failure::Failure;
use crate::load::header::{Header, number};
use crate::load::lines::{Framing, Line, Lines};

/// The records of one database in a text.
#[derive(Debug)]
pub(crate) struct Records<'t, R> {
    lines: &'t mut Lines<R>,
    header: &'t Header,
    key: Vec<u8>,
    value: Vec<u8>,
    /// The number that the next record gets where the text has none.
    next: u64,
}

/// A record of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextRecord<'a> {
    pub(crate) key: Key<'a>,
    pub(crate) value: &'a [u8],
    /// The line of its key, or of its datum where it has none.
    pub(crate) line: u64,
}

/// What a record is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key<'a> {
    Bytes(&'a [u8]),
    Number(u32),
}

impl<'t, R: BufRead> Records<'t, R> {
    /// The records after a header.
    pub(crate) fn new(lines: &'t mut Lines<R>, header: &'t Header) -> Self {
        Self {
            lines,
            header,
            key: Vec::new(),
            value: Vec::new(),
            next: 1,
        }
    }

    /// The next record; `None` after the last.
    pub(crate) fn next(&mut self) -> Result<Option<TextRecord<'_>>, Failure> {
        let style = self.header.style;
        let keyed = self.header.described.keyed;
        if keyed {
            let line = self.lines.item(style, &mut self.key)?;
            if line != Line::Item {
                return self.end(line);
            }
        }
        let at = self.lines.number().saturating_add((!keyed).into());
        let line = self.lines.item(style, &mut self.value)?;
        if line != Line::Item {
            if keyed {
                return Err(self.lines.wrong_at(at, "a key without data after it"));
            }
            return self.end(line);
        }
        let numbered = self.header.described.kind.is_numbered();
        if let Some(fixed) = self.header.described.re_len.filter(|_| numbered)
            && self.value.len() as u64 > u64::from(fixed)
        {
            let len = self.value.len();
            let rule = format!("a record of {len} bytes, longer than re_len, which is {fixed}");
            return Err(self.lines.wrong(rule));
        }
        let key = match (numbered, keyed) {
            (false, _) => Key::Bytes(&self.key),
            (true, true) => {
                let found = number(&self.key).ok().filter(|number| *number > 0);
                Key::Number(found.ok_or_else(|| {
                    let found = self.key.get(..40).unwrap_or(&self.key).escape_ascii();
                    let rule = format!("the key '{found}' is not the number of a record");
                    self.lines.wrong_at(at, rule)
                })?)
            }
            (true, false) => {
                let number = u32::try_from(self.next)
                    .map_err(|_| self.lines.wrong_at(at, "more records than numbers"))?;
                self.next = self.next.saturating_add(1);
                Key::Number(number)
            }
        };
        Ok(Some(TextRecord {
            key,
            value: &self.value,
            line: at,
        }))
    }

    /// The end of the records: at the end of a text without such lines, or
    /// where it says so.
    fn end(&self, line: Line) -> Result<Option<TextRecord<'_>>, Failure> {
        if line == Line::TextEnd && self.header.style.framing == Framing::Blank {
            return Err(self
                .lines
                .wrong("the text ends here, without DATA=END: it may have been cut"));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::load::header::{self, Overrides};
    use crate::settings::NewKind;

    /// Reads a text to its end or its first error; gives how many records
    /// there were.
    fn read(text: &[u8], kind: Option<NewKind>, plain: bool) -> Result<u64, Failure> {
        let overrides = Overrides::read(kind, &[])?;
        let mut lines = Lines::new("text".to_owned(), text);
        let mut records = 0;
        loop {
            let header = match kind {
                Some(kind) if plain => Some(overrides.alone(kind)?),
                _ => header::read(&mut lines, &overrides)?,
            };
            let Some(header) = header else {
                return Ok(records);
            };
            let mut found = Records::new(&mut lines, &header);
            while found.next()?.is_some() {
                records += 1;
            }
            if plain {
                return Ok(records);
            }
        }
    }

    const WHOLE: &[u8] = b"VERSION=3\nformat=print\ndatabase=a\\0a\ntype=btree\nduplicates=1\ndb_pagesize=512\nHEADER=END\n key\n va\\e9lue\n \n \\\\\nDATA=END\nVERSION=2\nformat=bytevalue\ntype=queue\nre_len=3\nre_pad=0x2d\nkeys=1\nHEADER=END\n 31\n 616263\nDATA=END\n";

    #[test]
    fn a_whole_text_has_all_its_records() {
        assert!(matches!(read(WHOLE, None, false), Ok(3)));
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_an_answer(text in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&text, None, false);
            for kind in [NewKind::Btree, NewKind::Recno] {
                let _ = read(&text, Some(kind), true);
            }
        }

        #[test]
        fn a_text_with_any_bytes_changed_ends_in_an_answer(
            changes in proptest::collection::vec((0..WHOLE.len(), any::<u8>()), 1..8),
            cut in 0..WHOLE.len(),
        ) {
            let mut text = WHOLE.to_vec();
            for (at, byte) in changes {
                text[at] = byte;
            }
            let _ = read(&text, None, false);
            for kind in [NewKind::Hash, NewKind::Recno, NewKind::Queue] {
                let _ = read(&text, Some(kind), false);
            }
            // One that was cut short is never taken for whole, but at the end
            // of a database.
            let records = read(&WHOLE[..cut], None, false);
            prop_assert!(records.is_err() || WHOLE[..cut].is_empty() || WHOLE[..cut].ends_with(b"DATA=END\n"));
        }
    }
}
