//! Damage by name: every kind of field on every kind of page of a file, each
//! with several wrong values.

#![allow(dead_code)]

use bdbfile::layout::Endian;

#[path = "fields.rs"]
mod named;

use named::{Field, fields, name, read};

/// One damaged copy of a file.
pub(crate) struct Damage {
    /// The kind of page and the field, as "leaf: item length".
    pub(crate) field: String,
    /// What was done, for messages.
    pub(crate) what: String,
    pub(crate) bytes: Vec<u8>,
}

/// Bytes of the header of a page without checksum.
const HEADER: usize = 26;

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
        for mut field in fields(&file[at..at + page_size], endian, HEADER) {
            field.at += at;
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
