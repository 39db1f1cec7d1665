//! Sound files of every kind with fields damaged by name, and checksums right:
//! what is wrong with them is a field and nothing else, so that what a check of
//! the whole page would stop gets to the code behind it.
//!
//! ```text
//! which of the sound files   1
//! for each damage:
//!   page                     1
//!   field of the page        1
//!   how it is changed        1
//!   a number                 4   little-endian
//! ```

use std::sync::OnceLock;

use bdbfile::layout::{Endian, META_USED, Meta, page_checksum};

use super::file;
use crate::seed::{Seed, databases};

// Names are for the messages of a test; here fields are taken by number.
#[allow(dead_code)]
#[path = "../../../bdbfile/tests/support/fields.rs"]
mod named;

/// Bytes of a damage.
const DAMAGE: usize = 7;

/// The most damages to a file: with more there is nothing left of it.
const MOST: usize = 12;

/// Where a metadata page says whether its file has checksums, and what type of
/// page it is.
const META_FLAGS: usize = 26;
const TYPE: usize = 25;

/// Damages a file as the input has it, and reads it in every way.
///
/// # Panics
/// Where something does not hold.
pub fn run(input: &[u8]) {
    file::check(&damaged(input));
}

/// The file that an input stands for.
pub fn damaged(input: &[u8]) -> Vec<u8> {
    static BASES: OnceLock<Vec<Seed>> = OnceLock::new();
    let bases = BASES.get_or_init(databases);
    let (which, changes) = input.split_first().unwrap_or((&0, &[]));
    let base = &bases[usize::from(*which) % bases.len()];
    let mut bytes = base.bytes.clone();
    for damage in changes.chunks_exact(DAMAGE).take(MOST) {
        change(&mut bytes, base, damage);
    }
    if base.layout.checksums {
        seal(&mut bytes, base);
    }
    bytes
}

/// Each sound file as it is, and with one damage of each way.
pub fn seeds() -> Vec<Vec<u8>> {
    let count = u8::try_from(databases().len()).expect("fewer than 256 of them");
    let mut seeds = Vec::new();
    for which in 0..count {
        seeds.push(vec![which]);
        for how in 0..HOWS {
            seeds.push(vec![which, which % 7, 16 + how, how, which, 0, 0, 0]);
        }
    }
    seeds
}

/// How many ways of changing a field there are.
const HOWS: u8 = 6;

fn change(bytes: &mut [u8], base: &Seed, damage: &[u8]) {
    let size = base.layout.page_len();
    let endian = base.layout.endian;
    let page = usize::from(damage[0]) % (bytes.len() / size);
    // The fields of the page as it is: one damaged before may have made it
    // another.
    let whole = base.bytes.split_at(page * size).1.split_at(size).0;
    let fields = named::fields(whole, endian, base.layout.header_size());
    let field = &fields[usize::from(damage[1]) % fields.len()];
    if field.at + field.size > size {
        return;
    }
    let number = u32::from_le_bytes([damage[3], damage[4], damage[5], damage[6]]);
    let at = page * size + field.at;
    let right = named::read(bytes, endian, at, field.size);
    let value = match damage[2] % HOWS {
        0 => number,
        1 => right.wrapping_add(number),
        2 => right.wrapping_sub(number),
        3 => right ^ 1_u32.wrapping_shl(number),
        4 => number % u32::try_from(bytes.len() / size).unwrap_or(1),
        _ => u32::MAX,
    };
    put(bytes, endian, at, field.size, value);
}

fn put(bytes: &mut [u8], endian: Endian, at: usize, size: usize, value: u32) {
    let [a, b, c, d] = value.to_le_bytes();
    match size {
        1 => bytes[at] = a,
        2 => endian.put_u16(bytes, at, u16::from_le_bytes([a, b])),
        _ => endian.put_u32(bytes, at, u32::from_le_bytes([a, b, c, d])),
    }
}

/// Makes the checksums of all pages right, by what kind of page each was.
fn seal(bytes: &mut [u8], base: &Seed) {
    let size = base.layout.page_len();
    let pages = bytes.chunks_exact_mut(size);
    for (page, was) in pages.zip(base.bytes.chunks_exact(size)) {
        if matches!(was[TYPE], 8..=10) {
            if page[META_FLAGS] & 1 != 0 {
                let sum = page_checksum(&page[..META_USED], Meta::CHECKSUM_AT);
                base.layout.endian.put_u32(page, Meta::CHECKSUM_AT, sum);
            }
        } else {
            base.layout.seal(page);
        }
    }
}
