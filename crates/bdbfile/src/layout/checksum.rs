//! The 32-bit hash that guards pages and log records.

/// Berkeley DB's hash `h = h * 33 + byte`, from 0, over unsigned bytes. It is
/// the checksum of log records and, with the field itself taken as zero, of
/// pages (seen: logs of 2.7.7 to 5.3, pages of 4.2 to 5.3, which are the first
/// to have checksums but for 4.1; docs/format.md "Checksums").
pub fn log_hash(bytes: &[u8]) -> u32 {
    extend(0, bytes)
}

/// The checksum of a page (or of the used part of a metadata page) whose four
/// checksum bytes stand at `field`; these count as zero.
pub fn page_checksum(page: &[u8], field: usize) -> u32 {
    let end = field.saturating_add(4);
    let before = page.get(..field).unwrap_or(page);
    let after = page.get(end..).unwrap_or_default();
    extend(extend(extend(0, before), &[0; 4]), after)
}

fn extend(hash: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(hash, |h, byte| {
        h.wrapping_mul(33).wrapping_add(u32::from(*byte))
    })
}
