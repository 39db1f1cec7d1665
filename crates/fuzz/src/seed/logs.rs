//! Log files with a record of every type there is, in every version that is
//! known. What the records say is nothing that any library did; it is where
//! an engine begins.

use bdbfile::layout::{Endian, LOG_RECORD_HEADER, LogLayout, log_hash};

/// Versions that can be replayed (docs/format.md, "Log files").
const VERSIONS: [u32; 7] = [3, 4, 5, 7, 8, 16, 19];

/// The magic number of a log file.
const MAGIC: u32 = 0x0004_0988;

/// Numbers of types that are asked for.
const TYPES: u32 = 220;

/// The longest body that is tried for a type whose byte fields are all empty.
const LONGEST: usize = 160;

/// A log file of every version, in both byte orders.
pub fn logs() -> Vec<Vec<u8>> {
    let mut logs = Vec::new();
    for endian in Endian::BOTH {
        for version in VERSIONS {
            logs.push(log(endian, version));
        }
    }
    logs
}

fn log(endian: Endian, version: u32) -> Vec<u8> {
    // The fields of the first record: magic, version, size of a file, mode.
    let mut first = vec![0; 16];
    endian.put_u32(&mut first, 0, MAGIC);
    endian.put_u32(&mut first, 4, version);
    endian.put_u32(&mut first, 8, 1 << 20);
    endian.put_u32(&mut first, 12, 0o600);
    let mut file = vec![0; LOG_RECORD_HEADER];
    file.extend_from_slice(&first);
    let layout = LogLayout::read(&file).expect("that is how a log file begins");
    let mut log = Vec::new();
    append(&mut log, layout, 0, &first);
    let mut before = 0;
    for number in 1..TYPES {
        if let Some(body) = body(layout, number) {
            let at = log.len();
            append(&mut log, layout, before, &body);
            before = at;
        }
    }
    log
}

/// A body of a type, all zeros but for its number and its transaction.
fn body(layout: LogLayout, number: u32) -> Option<Vec<u8>> {
    (12..LONGEST).step_by(4).find_map(|len| {
        let mut body = vec![0; len];
        layout.endian.put_u32(&mut body, 0, number);
        layout.endian.put_u32(&mut body, 4, 0x8000_0001);
        matches!(layout.body(&body), Ok(Some(_))).then_some(body)
    })
}

fn append(log: &mut Vec<u8>, layout: LogLayout, before: usize, body: &[u8]) {
    let at = log.len();
    let len = LOG_RECORD_HEADER + body.len();
    log.resize(at + LOG_RECORD_HEADER, 0);
    log.extend_from_slice(body);
    let record = log.split_at_mut(at).1;
    seal(record, layout, before, len);
}

/// Writes the header of a record over what it has: the place of the record
/// before it, its length and the right checksum.
fn seal(record: &mut [u8], layout: LogLayout, before: usize, len: usize) {
    let number = |value: usize| u32::try_from(value).expect("a small log");
    layout.endian.put_u32(record, 0, number(before));
    let (len_at, sum_at) = if layout.version < 7 { (8, 4) } else { (4, 8) };
    layout.endian.put_u32(record, len_at, number(len));
    sum(record, layout, sum_at);
}

fn sum(record: &mut [u8], layout: LogLayout, sum_at: usize) {
    let header = layout.record_header(record).expect("it has a header");
    let hash = log_hash(&record[LOG_RECORD_HEADER..]);
    let sum = layout.record_checksum(header, hash);
    layout.endian.put_u32(record, sum_at, sum);
}

/// Makes the checksums of all records of a log right again.
pub(crate) fn seal_all(log: &mut [u8]) {
    let Some(layout) = LogLayout::read(log) else {
        return;
    };
    let sum_at = if layout.version < 7 { 4 } else { 8 };
    let mut rest = log;
    while let Some(header) = layout.record_header(rest) {
        let len = header.len as usize;
        if len <= LOG_RECORD_HEADER || len > rest.len() {
            break;
        }
        let (record, after) = rest.split_at_mut(len);
        sum(record, layout, sum_at);
        rest = after;
    }
}
