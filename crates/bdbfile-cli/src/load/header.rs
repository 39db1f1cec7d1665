//! The header of a database in a text: lines of names and values.

use std::io::BufRead;

use bdbfile::layout::Endian;
use bdbfile::write::Duplicates;

use crate::failure::Failure;
use crate::load::lines::{Framing, Lines, Style, unescaped};
use crate::settings::{Form, NewKind, is_page_size, lorder};

/// The byte that fills short records unless told.
const BLANK: u8 = b' ';

/// The minimum number of keys a page of a btree unless told.
const MINKEY: u32 = 2;

/// What a database in a text is to become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Described {
    /// What is made.
    pub(crate) kind: NewKind,
    /// Whether the text has keys, and not data alone.
    pub(crate) keyed: bool,
    pub(crate) name: Option<Vec<u8>>,
    pub(crate) page_size: Option<u32>,
    pub(crate) endian: Option<Endian>,
    pub(crate) checksums: Option<bool>,
    pub(crate) duplicates: Duplicates,
    pub(crate) record_numbers: bool,
    pub(crate) minkey: u32,
    pub(crate) renumber: bool,
    pub(crate) re_len: Option<u32>,
    pub(crate) re_pad: u8,
    pub(crate) ffactor: u32,
    pub(crate) nelem: u32,
    /// What of the header is left out.
    pub(crate) notes: Vec<String>,
}

/// The header of a database, and how the records after it are written.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) described: Described,
    pub(crate) style: Style,
    /// The line it begins with.
    pub(crate) line: u64,
}

/// Lines that count in place of those of a header.
#[derive(Debug)]
pub(crate) struct Overrides {
    pub(crate) kind: Option<NewKind>,
    settings: Vec<(&'static Keyword, Vec<u8>)>,
}

impl Overrides {
    /// Reads `name=value` words.
    pub(crate) fn read(kind: Option<NewKind>, words: &[Vec<u8>]) -> Result<Self, Failure> {
        let mut settings = Vec::new();
        for word in words {
            let shown = word.escape_ascii();
            let refuse = |why: &str| Err(Failure::Message(format!("-c {shown}: {why}")));
            let Some((name, value)) = split(word) else {
                return refuse("not of the form NAME=VALUE");
            };
            let Some(keyword) = keyword(name) else {
                return refuse("a name that is not known");
            };
            if let Err(why) = Described::default().set(keyword.sets, value) {
                return refuse(&why);
            }
            settings.push((keyword, value.to_owned()));
        }
        Ok(Self { kind, settings })
    }

    /// What a text without header is to become.
    pub(crate) fn alone(&self, kind: NewKind) -> Result<Header, Failure> {
        let raw = RawHeader {
            kind: Some(kind),
            ..RawHeader::default()
        };
        let described = raw.describe(self).map_err(Failure::Message)?;
        Ok(Header {
            described,
            style: Style {
                form: Form::Print,
                framing: Framing::Bare,
            },
            line: 1,
        })
    }
}

/// Reads the header of the next database; `None` at the end of the text.
pub(crate) fn read<R: BufRead>(
    lines: &mut Lines<R>,
    overrides: &Overrides,
) -> Result<Option<Header>, Failure> {
    let Some(mut line) = lines.header_line()? else {
        return Ok(None);
    };
    let first = lines.number();
    let mut raw = RawHeader::default();
    loop {
        match raw.line(&line) {
            Ok(true) => break,
            Ok(false) => {}
            Err(rule) => return Err(lines.wrong(rule)),
        }
        match lines.header_line()? {
            Some(next) => line = next,
            None => return Err(lines.wrong("the text ends within a header, before HEADER=END")),
        }
    }
    let about_header = |rule: String| lines.wrong(rule);
    let framing = match raw.version {
        Some(1) => Framing::Bare,
        Some(_) => Framing::Blank,
        None => return Err(about_header("the header has no VERSION".to_owned())),
    };
    let style = Style {
        form: raw.form,
        framing,
    };
    let described = raw.describe(overrides).map_err(about_header)?;
    Ok(Some(Header {
        described,
        style,
        line: first,
    }))
}

/// A header as it is written.
#[derive(Debug)]
struct RawHeader {
    version: Option<u32>,
    form: Form,
    kind: Option<NewKind>,
    settings: Vec<(&'static Keyword, Vec<u8>)>,
}

impl Default for RawHeader {
    fn default() -> Self {
        Self {
            version: None,
            form: Form::Bytes,
            kind: None,
            settings: Vec::new(),
        }
    }
}

impl RawHeader {
    /// Takes a line; true at the last.
    fn line(&mut self, line: &[u8]) -> Result<bool, String> {
        let shown = line.get(..60).unwrap_or(line).escape_ascii();
        let Some((name, value)) = split(line) else {
            return Err(format!("'{shown}' is no NAME=VALUE of a header"));
        };
        match name {
            b"HEADER" if value == b"END" => return Ok(true),
            b"VERSION" => match number(value) {
                Ok(version @ 1..=3) => self.version = Some(version),
                _ => return Err(format!("{shown} is not a version that is read: 1, 2 or 3")),
            },
            b"format" => {
                self.form = match value {
                    b"bytevalue" => Form::Bytes,
                    b"print" => Form::Print,
                    _ => return Err(format!("{shown} is neither bytevalue nor print")),
                }
            }
            b"type" => {
                let kind = std::str::from_utf8(value).ok().and_then(NewKind::of);
                if kind.is_none() {
                    return Err(format!("{shown} is not a kind of database that is written"));
                }
                self.kind = kind;
            }
            _ => {
                let keyword = keyword(name)
                    .ok_or_else(|| format!("'{shown}' has a name that is not known"))?;
                // Whether the value can be, by trying it.
                Described::default()
                    .set(keyword.sets, value)
                    .map_err(|why| format!("{shown}: {why}"))?;
                self.settings.push((keyword, value.to_owned()));
            }
        }
        Ok(false)
    }

    /// What it means, together with what counts in place of it.
    fn describe(self, overrides: &Overrides) -> Result<Described, String> {
        let Some(dumped) = self.kind.or(overrides.kind) else {
            return Err("the header has no type, and there is no -t".to_owned());
        };
        let kind = overrides.kind.unwrap_or(dumped);
        let mut described = Described {
            kind,
            ..Described::default()
        };
        for (keyword, value) in &self.settings {
            if keyword.belongs(kind) || is_nothing(value) {
                described.set(keyword.sets, value)?;
            } else if keyword.belongs(dumped) {
                let (name, kind) = (keyword.name, kind.name());
                let note = format!("{name} is left out: a {kind} database has none");
                described.notes.push(note);
            } else {
                let (name, kind) = (keyword.name, kind.name());
                return Err(format!("{name} is not a setting of a {kind} database"));
            }
        }
        for (keyword, value) in &overrides.settings {
            if !keyword.belongs(kind) && !is_nothing(value) {
                let (name, kind) = (keyword.name, kind.name());
                return Err(format!("-c {name} is not a setting of a {kind} database"));
            }
            described.set(keyword.sets, value)?;
        }
        // -k of db_dump says so for every kind; those with keys have them
        // always.
        described.keyed |= !dumped.is_numbered();
        if !described.keyed && !kind.is_numbered() {
            let (dumped, kind) = (dumped.name(), kind.name());
            return Err(format!(
                "the text of a {dumped} database without keys cannot become a {kind} database; dump -k writes numbers as keys"
            ));
        }
        if described.record_numbers && described.duplicates != Duplicates::None {
            return Err("recnum and duplicates exclude each other".to_owned());
        }
        if kind == NewKind::Queue && described.name.is_some() {
            return Err("a queue has no name: it is alone in its file".to_owned());
        }
        Ok(described)
    }
}

impl Default for Described {
    fn default() -> Self {
        Self {
            kind: NewKind::Btree,
            keyed: false,
            name: None,
            page_size: None,
            endian: None,
            checksums: None,
            duplicates: Duplicates::None,
            record_numbers: false,
            minkey: MINKEY,
            renumber: false,
            re_len: None,
            re_pad: BLANK,
            ffactor: 0,
            nelem: 0,
            notes: Vec::new(),
        }
    }
}

impl Described {
    /// Sets what a keyword sets.
    fn set(&mut self, what: Sets, value: &[u8]) -> Result<(), String> {
        match what {
            Sets::Keys => self.keyed = flag(value)?,
            Sets::Name => {
                let name = unescaped(value);
                self.name = Some(name.ok_or("a backslash that begins no escape")?);
            }
            Sets::PageSize => {
                let size = number(value)?;
                if !is_page_size(size) {
                    return Err("not a power of two from 512 to 65536".to_owned());
                }
                self.page_size = Some(size);
            }
            Sets::ByteOrder => {
                let order = lorder(number(value)?);
                self.endian = Some(order.ok_or("neither 1234 nor 4321")?);
            }
            Sets::Checksums => self.checksums = Some(flag(value)?),
            Sets::Duplicates => match (flag(value)?, self.duplicates) {
                (true, Duplicates::None) => self.duplicates = Duplicates::Unsorted,
                (false, Duplicates::Unsorted) => self.duplicates = Duplicates::None,
                _ => {}
            },
            Sets::SortedDuplicates => match (flag(value)?, self.duplicates) {
                (true, _) => self.duplicates = Duplicates::Sorted,
                (false, Duplicates::Sorted) => self.duplicates = Duplicates::Unsorted,
                _ => {}
            },
            Sets::RecordNumbers => self.record_numbers = flag(value)?,
            Sets::MinKey => {
                self.minkey = number(value)?;
                if self.minkey < 2 {
                    return Err("less than 2".to_owned());
                }
            }
            Sets::Renumber => self.renumber = flag(value)?,
            Sets::RecordLength => self.re_len = Some(number(value)?),
            Sets::Padding => self.re_pad = padding(value)?,
            Sets::ExtentSize => {
                if number(value)? != 0 {
                    let note = "extentsize is left out: all records lie in the one file";
                    self.notes.push(note.to_owned());
                }
            }
            Sets::FillFactor => self.ffactor = number(value)?,
            Sets::Elements => self.nelem = number(value)?,
        }
        Ok(())
    }
}

/// A name that a header may have, beside those of the text itself.
#[derive(Debug)]
struct Keyword {
    name: &'static str,
    sets: Sets,
    /// The kinds it is for; none stands for all.
    kinds: &'static [NewKind],
}

#[derive(Debug, Clone, Copy)]
enum Sets {
    Keys,
    Name,
    PageSize,
    ByteOrder,
    Checksums,
    Duplicates,
    SortedDuplicates,
    RecordNumbers,
    MinKey,
    Renumber,
    RecordLength,
    Padding,
    ExtentSize,
    FillFactor,
    Elements,
}

impl Keyword {
    fn belongs(&self, kind: NewKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }
}

const fn keyword_of(name: &'static str, sets: Sets, kinds: &'static [NewKind]) -> Keyword {
    Keyword { name, sets, kinds }
}

const ALL: &[NewKind] = &[];
const BTREE: &[NewKind] = &[NewKind::Btree];
const HASH: &[NewKind] = &[NewKind::Hash];
const WITH_KEYS: &[NewKind] = &[NewKind::Btree, NewKind::Hash];
const RECNO: &[NewKind] = &[NewKind::Recno];
const QUEUE: &[NewKind] = &[NewKind::Queue];
const NUMBERED: &[NewKind] = &[NewKind::Recno, NewKind::Queue];

/// Those that the manual of `db_load` lists.
static KEYWORDS: &[Keyword] = &[
    keyword_of("bt_minkey", Sets::MinKey, BTREE),
    keyword_of("chksum", Sets::Checksums, ALL),
    keyword_of("database", Sets::Name, ALL),
    keyword_of("db_lorder", Sets::ByteOrder, ALL),
    keyword_of("db_pagesize", Sets::PageSize, ALL),
    keyword_of("duplicates", Sets::Duplicates, WITH_KEYS),
    keyword_of("dupsort", Sets::SortedDuplicates, WITH_KEYS),
    keyword_of("extentsize", Sets::ExtentSize, QUEUE),
    keyword_of("h_ffactor", Sets::FillFactor, HASH),
    keyword_of("h_nelem", Sets::Elements, HASH),
    keyword_of("keys", Sets::Keys, ALL),
    keyword_of("re_len", Sets::RecordLength, NUMBERED),
    keyword_of("re_pad", Sets::Padding, NUMBERED),
    keyword_of("recnum", Sets::RecordNumbers, BTREE),
    keyword_of("renumber", Sets::Renumber, RECNO),
    keyword_of("subdatabase", Sets::Name, ALL),
];

fn keyword(name: &[u8]) -> Option<&'static Keyword> {
    KEYWORDS
        .iter()
        .find(|keyword| keyword.name.as_bytes() == name)
}

/// Name and value of a line; neither may be empty, but for the name of a
/// database.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = line.iter().position(|byte| *byte == b'=')?;
    let (name, rest) = line.split_at_checked(at)?;
    let value = rest.split_first()?.1;
    let may_be_empty = matches!(name, b"database" | b"subdatabase");
    (!name.is_empty() && (may_be_empty || !value.is_empty())).then_some((name, value))
}

/// Whether a value asks for nothing, and so fits every kind.
fn is_nothing(value: &[u8]) -> bool {
    value == b"0"
}

fn flag(value: &[u8]) -> Result<bool, String> {
    match value {
        b"0" => Ok(false),
        b"1" => Ok(true),
        _ => Err("neither 0 nor 1".to_owned()),
    }
}

/// A decimal number of 32 bits.
pub(crate) fn number(value: &[u8]) -> Result<u32, String> {
    let digits = value.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(value)
        .ok()
        .filter(|_| digits)
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| "not a number".to_owned())
}

/// One character, or its number as `0x` and hex digits, as `db_dump` has it.
fn padding(value: &[u8]) -> Result<u8, String> {
    match value {
        [byte] => Ok(*byte),
        [b'0', b'x', digits @ ..] => std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .ok_or_else(|| "not a byte".to_owned()),
        _ => Err("neither one character nor a byte as 0x20".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str, kind: Option<NewKind>, words: &[&str]) -> Result<Header, String> {
        let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        let message = |failure| match failure {
            Failure::Message(message) => message,
            Failure::ReaderGone => panic!("no reader"),
        };
        let overrides = Overrides::read(kind, &words).map_err(message)?;
        let mut lines = Lines::new("text".to_owned(), text.as_bytes());
        let read = read(&mut lines, &overrides).map_err(message)?;
        Ok(read.expect("a header"))
    }

    #[test]
    fn what_a_header_says() {
        let text = "VERSION=3\nformat=print\ndatabase=a\\2fb\ntype=btree\ndupsort=1\ndb_pagesize=512\nchksum=1\nHEADER=END\n";
        let found = header(text, None, &["db_lorder=4321", "bt_minkey=3"]).unwrap();
        assert!(matches!(found.style.form, Form::Print));
        assert_eq!(
            found.described,
            Described {
                keyed: true,
                name: Some(b"a/b".to_vec()),
                page_size: Some(512),
                endian: Some(Endian::Big),
                checksums: Some(true),
                duplicates: Duplicates::Sorted,
                minkey: 3,
                ..Described::default()
            }
        );
        let text = "VERSION=3\ntype=recno\nre_len=7\nre_pad=0x2d\nkeys=1\nHEADER=END\n";
        let found = header(text, Some(NewKind::Hash), &[]).unwrap().described;
        assert_eq!((found.kind, found.keyed), (NewKind::Hash, true));
        assert_eq!(found.notes.len(), 2);
        let found = header(text, None, &["re_pad=x"]).unwrap().described;
        assert_eq!((found.re_len, found.re_pad), (Some(7), b'x'));
    }

    type Refused = (
        &'static str,
        Option<NewKind>,
        &'static [&'static str],
        &'static str,
    );

    /// Texts, -t, -c, and how the error begins.
    const REFUSED: &[Refused] = &[
        (
            "VERSION=4\n",
            None,
            &[],
            "text: line 1: VERSION=4 is not a version",
        ),
        ("\n", None, &[], "text: line 1: '' is no NAME=VALUE"),
        (
            "VERSION=3\ntype=heap\n",
            None,
            &[],
            "text: line 2: type=heap is not a kind",
        ),
        (
            "VERSION=3\nformat=x\n",
            None,
            &[],
            "text: line 2: format=x is neither",
        ),
        (
            "VERSION=3\nx=1\n",
            None,
            &[],
            "text: line 2: 'x=1' has a name",
        ),
        (
            "VERSION=3\ndb_pagesize=0x400\n",
            None,
            &[],
            "text: line 2: db_pagesize=0x400: not a number",
        ),
        (
            "VERSION=3\ndupsort=2\n",
            None,
            &[],
            "text: line 2: dupsort=2: neither",
        ),
        (
            "VERSION=3\nHEADER=END\n",
            None,
            &[],
            "text: line 2: the header has no type",
        ),
        (
            "type=btree\nHEADER=END\n",
            None,
            &[],
            "text: line 2: the header has no VERSION",
        ),
        (
            "VERSION=3\ntype=btree\n",
            None,
            &[],
            "text: line 3: the text ends within a header",
        ),
        (
            "VERSION=3\ntype=btree\nre_len=3\nHEADER=END\n",
            None,
            &[],
            "text: line 4: re_len is not a setting",
        ),
        (
            "VERSION=3\ntype=btree\nHEADER=END\n",
            None,
            &["re_len=3"],
            "text: line 3: -c re_len is not",
        ),
        (
            "VERSION=3\ntype=recno\nHEADER=END\n",
            Some(NewKind::Btree),
            &[],
            "text: line 3: the text of a recno database without keys",
        ),
        (
            "VERSION=3\ntype=btree\nrecnum=1\nduplicates=1\nHEADER=END\n",
            None,
            &[],
            "text: line 5: recnum and",
        ),
        (
            "VERSION=3\ndatabase=q\ntype=queue\nHEADER=END\n",
            None,
            &[],
            "text: line 4: a queue has no name",
        ),
        (
            "",
            None,
            &["type=hash"],
            "-c type=hash: a name that is not known",
        ),
        ("", None, &["chksum"], "-c chksum: not of the form"),
        (
            "",
            None,
            &["re_pad=45"],
            "-c re_pad=45: neither one character",
        ),
    ];

    #[test]
    fn what_a_header_may_not_say() {
        for (text, kind, words, message) in REFUSED {
            let found = header(text, *kind, words).unwrap_err();
            assert!(found.starts_with(message), "{found}");
        }
    }
}
