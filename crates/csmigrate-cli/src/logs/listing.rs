//! csmigrateSalvage.log: a line for each record that is saved or lost of a
//! damaged file, with file, page and slot.
//!
//! ```text
//! saved ics50events.db page 3 slot 5 'jdoe:1' (120 bytes)
//! lost ics50events.db page 3 slot 7 'jdoe:2' the value is cut short: 4000 of 9000 bytes are left
//! damage ics50events.db page 4: the page's own number is not its position in the file: it says 0
//! ```

use std::io;
use std::path::Path;

use csmigrate::bdbfile::salvage::Salvaged;
use csmigrate::observer::Found;

use super::{Log, entry};
use csmigrate::bdbfile::escape::escaped;

/// The longest beginning of a key that is shown, in bytes.
const KEY_SHOWN: usize = 200;

/// Lines are written when there are so many bytes of them.
const GATHERED: usize = 64 << 10;

/// The listing.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) log: Log,
    lines: String,
}

impl Listing {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            log: Log::open(path)?,
            lines: String::new(),
        })
    }

    /// Lists what was found in a file.
    pub(super) fn add(&mut self, file: &str, found: &Found<'_>) {
        let line = match found {
            Found::Damage(damage) => {
                self.lines.push_str(&entry(&format!("{file}: {damage}")));
                return;
            }
            Found::Nothing(why) => format!("lost {file}: nothing can be saved: {why}"),
            Found::All(all) => {
                self.lines.push_str(&entry(&format!("{file}: {all}")));
                return;
            }
            Found::Saved(record) => {
                let len = record.value.len();
                format!("saved {file} {} ({len} bytes)", place(record))
            }
            Found::Lost(record) => {
                let loss = record.loss().unwrap_or_default();
                format!("lost {file} {} {loss}", place(record))
            }
            Found::Finding(finding) => {
                let what = if found.is_lost_item() {
                    "lost"
                } else {
                    "damage"
                };
                format!("{what} {file} {finding}")
            }
            _ => return,
        };
        self.lines.push_str(&escaped(&line));
        self.lines.push('\n');
        if self.lines.len() >= GATHERED {
            self.flush();
        }
    }

    /// Writes what was gathered.
    pub(super) fn flush(&mut self) {
        self.log.write(&self.lines);
        self.lines.clear();
    }
}

/// Where a record stands, and its key or number as far as it is known.
fn place(record: &Salvaged<'_>) -> String {
    let (page, slot) = (record.page, record.slot);
    let name = match (record.key, record.number) {
        (Some(key), _) => {
            let shown = key.get(..KEY_SHOWN).unwrap_or(key);
            let more = if shown.len() < key.len() { "..." } else { "" };
            format!("'{}'{more}", shown.escape_ascii())
        }
        (None, Some(number)) => format!("number {number}"),
        (None, None) => "(key or number not known)".to_owned(),
    };
    format!("page {page} slot {slot} {name}")
}
