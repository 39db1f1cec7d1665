//! The fields of a page by name. Offsets are those of `docs/format.md`, written
//! out here again so that a mistake in the crate's own is not repeated.

use bdbfile::layout::Endian;

/// A field: where it is in the page, and of how many bytes.
pub(crate) struct Field {
    /// The kind of page and the field, as "leaf: item length".
    pub(crate) name: String,
    pub(crate) at: usize,
    pub(crate) size: usize,
}

/// What a page of this type is called.
pub(crate) fn name(kind: u8) -> &'static str {
    match kind {
        0 => "free",
        2 | 13 => "bucket",
        3 => "internal",
        4 => "recno internal",
        5 => "leaf",
        6 => "recno leaf",
        7 => "overflow",
        8 => "hash meta",
        9 => "btree meta",
        10 => "queue meta",
        11 => "queue",
        12 => "duplicate leaf",
        _ => "unknown",
    }
}

/// A number of so many bytes.
pub(crate) fn read(file: &[u8], endian: Endian, at: usize, size: usize) -> u32 {
    match size {
        1 => u32::from(file[at]),
        2 => u32::from(endian.u16(file, at).unwrap()),
        _ => endian.u32(file, at).unwrap(),
    }
}

/// The fields of a sound page whose header has so many bytes.
pub(crate) fn fields(page: &[u8], endian: Endian, header: usize) -> Vec<Field> {
    let kind = page[25];
    let called = name(kind);
    let mut found = Vec::new();
    let mut add = |field: &str, offset: usize, size: usize| {
        found.push(Field {
            name: format!("{called}: {field}"),
            at: offset,
            size,
        });
    };
    if matches!(kind, 8..=10) {
        meta_fields(kind, &mut add);
        return found;
    }
    for (field, offset, size) in [
        ("LSN", 0, 4),
        ("own number", 8, 4),
        ("previous page", 12, 4),
        ("next page", 16, 4),
        ("entries", 20, 2),
        ("item area", 22, 2),
        ("level", 24, 1),
        ("type", 25, 1),
    ] {
        add(field, offset, size);
    }
    match kind {
        7 => add("data", header, 1),
        11 => {
            let queue = if header == 26 { 28 } else { 48 };
            add("record mark", queue, 1);
            add("record data", queue + 1, 1);
        }
        2..=6 | 12 | 13 => {
            let entries = read(page, endian, 20, 2) as usize;
            let mut slots = vec![
                0,
                1,
                2,
                3,
                entries / 2,
                entries - entries.min(2),
                entries - entries.min(1),
            ];
            slots.retain(|slot| *slot < entries);
            slots.sort_unstable();
            slots.dedup();
            for slot in slots {
                let side = match (kind, slot % 2) {
                    (2 | 5 | 13, 0) => "key",
                    (2 | 5 | 13, _) => "datum",
                    (3, _) if slot == 0 => "first entry",
                    (3 | 4, _) => "entry",
                    _ => "record",
                };
                add(&format!("index of {side}"), header + 2 * slot, 2);
                let item = read(page, endian, header + 2 * slot, 2) as usize;
                let before = match slot {
                    0 => page.len(),
                    _ => read(page, endian, header + 2 * (slot - 1), 2) as usize,
                };
                item_fields(kind, side, item, page, before, &mut add);
            }
        }
        _ => {}
    }
    found
}

fn item_fields(
    kind: u8,
    side: &str,
    item: usize,
    page: &[u8],
    before: usize,
    add: &mut impl FnMut(&str, usize, usize),
) {
    if kind == 4 {
        add("child", item, 4);
        add("records below", item + 4, 4);
        return;
    }
    if matches!(kind, 2 | 13) {
        add(&format!("type of {side}"), item, 1);
        match page[item] {
            1 => {
                if before > item + 1 {
                    add(&format!("first byte of {side}"), item + 1, 1);
                }
            }
            2 => {
                add("length before a duplicate", item + 1, 2);
                add("length after a duplicate", before - 2, 2);
                add("first byte of a duplicate", item + 3, 1);
            }
            3 => {
                add(&format!("unused of chain of {side}"), item + 1, 1);
                add(&format!("first page of chain of {side}"), item + 4, 4);
                add(&format!("length of chain of {side}"), item + 8, 4);
            }
            _ => add("root of duplicates", item + 4, 4),
        }
        return;
    }
    add(&format!("type of {side}"), item + 2, 1);
    if kind == 3 {
        add(&format!("length of {side}"), item, 2);
        add(&format!("unused of {side}"), item + 3, 1);
        add(&format!("child of {side}"), item + 4, 4);
        add(&format!("records below {side}"), item + 8, 4);
        if page[item + 2] == 3 {
            add(&format!("first page of chain of {side}"), item + 16, 4);
            add(&format!("length of chain of {side}"), item + 20, 4);
        } else if page[item] != 0 || page[item + 1] != 0 {
            add(&format!("first byte of {side}"), item + 12, 1);
        }
        return;
    }
    match page[item + 2] & 0x7f {
        1 => {
            add(&format!("length of {side}"), item, 2);
            if page[item] != 0 || page[item + 1] != 0 {
                add(&format!("first byte of {side}"), item + 3, 1);
            }
        }
        3 => {
            add(&format!("unused of chain of {side}"), item, 2);
            add(&format!("first page of chain of {side}"), item + 4, 4);
            add(&format!("length of chain of {side}"), item + 8, 4);
        }
        _ => {
            add("root of duplicates", item + 4, 4);
            add("unused behind root of duplicates", item + 8, 4);
        }
    }
}

fn meta_fields(kind: u8, add: &mut impl FnMut(&str, usize, usize)) {
    for (field, offset, size) in [
        ("LSN", 0, 4),
        ("own number", 8, 4),
        ("magic", 12, 4),
        ("version", 16, 4),
        ("page size", 20, 4),
        ("encryption", 24, 1),
        ("type", 25, 1),
        ("meta flags", 26, 1),
        ("unused byte", 27, 1),
        ("free list", 28, 4),
        ("last page", 32, 4),
        ("partitions", 36, 4),
        ("key count", 40, 4),
        ("record count", 44, 4),
        ("flags", 48, 4),
        ("file id", 52, 4),
    ] {
        add(field, offset, size);
    }
    let own: &[(&str, usize)] = match kind {
        8 => &[
            ("highest bucket", 72),
            ("high mask", 76),
            ("low mask", 80),
            ("fill factor", 84),
            ("elements", 88),
            ("test value", 92),
            ("spares 0", 96),
            ("spares 1", 100),
            ("spares 2", 104),
            ("spares 3", 108),
            ("spares 31", 220),
        ],
        9 => &[
            ("maxkey", 72),
            ("minkey", 76),
            ("record length", 80),
            ("padding", 84),
            ("root", 88),
        ],
        _ => &[
            ("first record", 72),
            ("next record", 76),
            ("record length", 80),
            ("padding", 84),
            ("records a page", 88),
            ("extent size", 92),
        ],
    };
    for (field, offset) in own {
        add(field, *offset, 4);
    }
    add("unused rest", 300, 4);
}
