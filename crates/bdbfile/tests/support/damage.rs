//! Damage by name: every kind of field on every kind of page of a file, each
//! with several wrong values. Offsets are those of `docs/format.md`, written
//! out here again so that a mistake in the crate's own is not repeated.

#![allow(dead_code)]

use bdbfile::layout::Endian;

/// One damaged copy of a file.
pub(crate) struct Damage {
    /// The kind of page and the field, as "leaf: item length".
    pub(crate) field: String,
    /// What was done, for messages.
    pub(crate) what: String,
    pub(crate) bytes: Vec<u8>,
}

/// A field: where it is in the file, and of how many bytes.
struct Field {
    name: String,
    at: usize,
    size: usize,
}

/// Pages of one type that are damaged in one file.
const PAGES_A_TYPE: usize = 2;

/// All damaged copies of a file without checksums.
pub(crate) fn all(file: &[u8], endian: Endian, page_size: usize) -> Vec<Damage> {
    let mut found = Vec::new();
    let mut seen = [0_usize; 256];
    for page in 0..file.len() / page_size {
        let at = page * page_size;
        let kind = file[at + 25];
        let full = read(file, endian, at + 20, 2) > 0;
        let count = &mut seen[usize::from(kind)];
        // Empty buckets are many and all alike.
        if *count >= PAGES_A_TYPE || (!full && kind == 2 && *count > 0) {
            continue;
        }
        *count += 1;
        for field in fields(file, endian, at, page_size) {
            damage(file, endian, page_size, &field, &mut found);
        }
    }
    pages(file, page_size, &mut found);
    found
}

/// Whole pages zeroed, moved and cut off.
fn pages(file: &[u8], size: usize, found: &mut Vec<Damage>) {
    let count = file.len() / size;
    for page in (1..count).step_by((count / 8).max(1)) {
        let kind = name(file[page * size + 25]);
        let mut zeroed = file.to_vec();
        zeroed[page * size..(page + 1) * size].fill(0);
        found.push(Damage {
            field: format!("{kind}: page zeroed"),
            what: format!("page {page} zeroed"),
            bytes: zeroed,
        });
        let other = page % (count - 1) + 1;
        let mut copied = file.to_vec();
        copied.copy_within(other * size..(other + 1) * size, page * size);
        copied.copy_within(page * size..page * size + 8, page * size);
        let number = file[page * size + 8..page * size + 12].to_vec();
        copied[page * size + 8..page * size + 12].copy_from_slice(&number);
        found.push(Damage {
            field: format!("{kind}: page replaced"),
            what: format!("page {page} is a copy of page {other}"),
            bytes: copied,
        });
    }
    for (what, len) in [
        ("last page cut off", file.len() - size),
        ("half a page cut off", file.len() - size / 2),
        ("a page of zeros more", file.len() + size),
    ] {
        let mut bytes = file.to_vec();
        bytes.resize(len, 0);
        found.push(Damage {
            field: format!("file: {what}"),
            what: what.to_owned(),
            bytes,
        });
    }
}

fn name(kind: u8) -> &'static str {
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

fn read(file: &[u8], endian: Endian, at: usize, size: usize) -> u32 {
    match size {
        1 => u32::from(file[at]),
        2 => u32::from(endian.u16(file, at).unwrap()),
        _ => endian.u32(file, at).unwrap(),
    }
}

fn fields(file: &[u8], endian: Endian, at: usize, page_size: usize) -> Vec<Field> {
    let kind = file[at + 25];
    let page = name(kind);
    let mut found = Vec::new();
    let mut add = |field: &str, offset: usize, size: usize| {
        found.push(Field {
            name: format!("{page}: {field}"),
            at: at + offset,
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
        7 => add("data", 26, 1),
        11 => {
            add("record mark", 28, 1);
            add("record data", 29, 1);
        }
        2..=6 | 12 | 13 => {
            let entries = read(file, endian, at + 20, 2) as usize;
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
                add(&format!("index of {side}"), 26 + 2 * slot, 2);
                let item = read(file, endian, at + 26 + 2 * slot, 2) as usize;
                let before = match slot {
                    0 => page_size,
                    _ => read(file, endian, at + 26 + 2 * (slot - 1), 2) as usize,
                };
                item_fields(
                    kind,
                    side,
                    item,
                    &file[at..at + page_size],
                    before,
                    &mut add,
                );
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

/// Puts several wrong values into a field.
fn damage(file: &[u8], endian: Endian, page_size: usize, field: &Field, found: &mut Vec<Damage>) {
    let right = read(file, endian, field.at, field.size);
    let last = u32::try_from(file.len() / page_size).unwrap() - 1;
    let all = match field.size {
        1 => 0xff,
        2 => 0xffff,
        _ => u32::MAX,
    };
    let mut values = vec![
        right.wrapping_add(1) & all,
        right.wrapping_sub(1) & all,
        0,
        all,
        right ^ (all ^ all >> 1),
    ];
    match field.size {
        1 => values.extend([1, 2, 3, 5, 7, 0x81, right ^ 0x20]),
        2 => values.extend([
            right.wrapping_add(4) & all,
            right.wrapping_sub(4) & all,
            right.wrapping_add(2) & all,
            right.swap_bytes() >> 16,
        ]),
        _ => values.extend([
            1,
            2,
            last,
            last + 1,
            right.swap_bytes(),
            right.wrapping_mul(2),
        ]),
    }
    values.sort_unstable();
    values.dedup();
    for value in values.into_iter().filter(|value| *value != right) {
        let mut bytes = file.to_vec();
        match field.size {
            1 => bytes[field.at] = u8::try_from(value).unwrap(),
            2 => endian.put_u16(&mut bytes, field.at, u16::try_from(value).unwrap()),
            _ => endian.put_u32(&mut bytes, field.at, value),
        }
        found.push(Damage {
            field: field.name.clone(),
            what: format!(
                "{} on page {} at {}: {right:#x} became {value:#x}",
                field.name,
                field.at / page_size,
                field.at % page_size
            ),
            bytes,
        });
    }
}
