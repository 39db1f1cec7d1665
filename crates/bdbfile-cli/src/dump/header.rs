//! The header of a dump: what `db_load` needs to make a database alike.

use bdbfile::layout::{BtreeFlags, Meta, Method};

use crate::dump::text::printable;
use crate::settings::Form;

/// The minimum number of keys a page that a btree has unless it is told.
const DEFAULT_MINKEY: u32 = 2;

/// Lines in the order in which `db_dump` 5.3 writes them. It leaves out what
/// `db_load` would do anyway, and `h_ffactor` always: it never reads the fill
/// factor back from a file. Byte order is not in it either.
pub(crate) fn header(name: Option<&[u8]>, meta: &Meta, form: Form, keys: bool) -> Vec<u8> {
    let mut lines = Lines::begin(form);
    if let Some(name) = name {
        lines.0.extend(b"database=");
        printable(name, &mut lines.0);
        lines.0.push(b'\n');
    }
    lines.put("type", meta.method_name());
    method(meta, &mut lines);
    lines.flag("chksum", meta.has_checksums());
    lines.flag("duplicates", meta.has_duplicates());
    lines.flag("dupsort", meta.has_sorted_duplicates());
    lines.put("db_pagesize", meta.page_size);
    lines.end(keys)
}

/// The header of records of which it is not known what database they had.
/// Those with keys go to one that takes several records of a key.
pub(crate) fn header_without_metadata(
    name: Option<&str>,
    numbered: bool,
    form: Form,
    keys: bool,
) -> Vec<u8> {
    let mut lines = Lines::begin(form);
    if let Some(name) = name {
        lines.put("database", name);
    }
    lines.put("type", if numbered { "recno" } else { "btree" });
    lines.flag("duplicates", !numbered);
    lines.end(keys)
}

fn method(meta: &Meta, lines: &mut Lines) {
    match &meta.method {
        Method::Btree(fields) if meta.is_recno() => {
            lines.flag("renumber", meta.flags & BtreeFlags::RENUMBER != 0);
            if meta.flags & BtreeFlags::FIXED_LENGTH != 0 {
                lines.put("re_len", fields.re_len);
            }
            lines.pad(fields.re_pad);
        }
        Method::Btree(fields) => {
            lines.flag("recnum", meta.has_record_numbers());
            if fields.minkey != DEFAULT_MINKEY {
                lines.put("bt_minkey", fields.minkey);
            }
        }
        Method::Hash(fields) => {
            // 0 and 1 say nothing.
            if fields.nelem > 1 {
                lines.put("h_nelem", fields.nelem);
            }
        }
        Method::Queue(fields) => {
            lines.put("re_len", fields.re_len);
            lines.pad(fields.re_pad);
            if fields.page_ext != 0 {
                lines.put("extentsize", fields.page_ext);
            }
        }
    }
}

/// The lines of a header.
struct Lines(Vec<u8>);

impl Lines {
    fn begin(form: Form) -> Self {
        let mut lines = Self(Vec::new());
        lines.put("VERSION", 3);
        let form = match form {
            Form::Bytes => "bytevalue",
            Form::Print => "print",
        };
        lines.put("format", form);
        lines
    }

    fn end(mut self, keys: bool) -> Vec<u8> {
        self.flag("keys", keys);
        self.0.extend(b"HEADER=END\n");
        self.0
    }

    fn put(&mut self, name: &str, value: impl std::fmt::Display) {
        self.0.extend(format!("{name}={value}\n").bytes());
    }

    /// A line where the database has the property.
    fn flag(&mut self, name: &str, is: bool) {
        if is {
            self.put(name, 1);
        }
    }

    /// The byte that fills short records, unless it is the one `db_load` takes.
    fn pad(&mut self, pad: u32) {
        if pad != 0 && pad != u32::from(b' ') {
            self.put("re_pad", format_args!("{pad:#x}"));
        }
    }
}
