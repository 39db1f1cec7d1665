//! Metadata pages, beyond what opening them has checked.

use crate::error::{Place, Rule};
use crate::layout::{
    BtreeFlags, HashFields, HashFlags, Kind, Meta, MetaFlags, Method, QueueFields,
};
use crate::source::PageSource;
use crate::verify::check::Check;

/// The most elements a hash database may state.
const MOST_ELEMENTS: u32 = 0x8000_0000;

/// What page 0 says of the file.
pub(super) fn of_file<S: PageSource>(check: &mut Check<'_, S>) {
    let meta = check.file.meta();
    let size = u64::from(meta.page_size);
    let rest = check.file.file_len().checked_rem(size).unwrap_or_default();
    if rest != 0 {
        check.broken(
            Place::FILE,
            Rule::FileSize,
            format!("{rest} bytes more"),
            "",
        );
    }
    let last = check.count().saturating_sub(1);
    let place = Place::page(0);
    // A queue does not keep it.
    if meta.last_pgno != last && meta.kind != Kind::Queue {
        if meta.keeps_last_page() {
            let found = meta.last_pgno.to_string();
            check.broken(place, Rule::LastPage, found, last.to_string());
        } else if meta.last_pgno != 0 {
            check.note(place, Rule::LastPage, meta.last_pgno.to_string());
        }
    }
}

/// What a metadata page says of its database.
pub(super) fn of_database<S: PageSource>(check: &mut Check<'_, S>, meta: &Meta) {
    let place = Place::page(meta.pgno);
    if meta.pgno != 0 && meta.free != 0 {
        check.broken(place, Rule::FreeList, meta.free.to_string(), "0");
    }
    if meta.meta_flags.has(!MetaFlags::KNOWN) {
        let found = format!("{:#x}", meta.meta_flags.0);
        check.broken(place, Rule::Flags, found, "");
    }
    // All databases of a file have the same page header.
    if meta.has_checksums() != check.layout().checksums {
        let found = format!("{:#x}", meta.meta_flags.0);
        let expected = format!("{:#x}", check.file.meta().meta_flags.0);
        check.broken(place, Rule::Flags, found, expected);
    }
    match &meta.method {
        Method::Btree(fields) => {
            btree_flags(check, meta, place);
            let has_length = meta.flags & BtreeFlags::FIXED_LENGTH != 0;
            // 2.x swaps the field once too often or not at all, or has it 0.
            if (fields.re_len != 0) != has_length && !meta.is_first_generation() {
                let expected = if has_length { "a length" } else { "0" };
                check.broken(
                    place,
                    Rule::RecordLength,
                    fields.re_len.to_string(),
                    expected,
                );
            }
        }
        Method::Hash(fields) => {
            if meta.flags & HashFlags::DUPSORT != 0 && meta.flags & HashFlags::DUP == 0 {
                check.broken(place, Rule::FlagsClash, format!("{:#x}", meta.flags), "");
            }
            hash(check, meta, fields, place);
        }
        Method::Queue(fields) => queue(check, fields, place),
    }
}

fn btree_flags<S: PageSource>(check: &mut Check<'_, S>, meta: &Meta, place: Place) {
    let has = |flag| meta.flags & flag != 0;
    let dup = has(BtreeFlags::DUP);
    let clash = (dup && (has(BtreeFlags::RECNUM) || has(BtreeFlags::RECNO)))
        || (has(BtreeFlags::DUPSORT) && !dup)
        || (has(BtreeFlags::SUBDB) && dup && meta.pgno == 0)
        || (!has(BtreeFlags::RECNO)
            && (has(BtreeFlags::FIXED_LENGTH) || has(BtreeFlags::RENUMBER)));
    if clash {
        check.broken(place, Rule::FlagsClash, format!("{:#x}", meta.flags), "");
    }
}

fn hash<S: PageSource>(check: &mut Check<'_, S>, meta: &Meta, fields: &HashFields, place: Place) {
    // 2.x counts below zero, and makes no pages before they are needed.
    if meta.is_first_generation() {
        return;
    }
    if fields.nelem > MOST_ELEMENTS {
        let found = format!("{} elements", fields.nelem);
        check.broken(place, Rule::HashFields, found, "");
    }
    // The last bucket of each doubling in use, and of the file.
    let mut end = 0_u32;
    loop {
        let bucket = end.min(fields.max_bucket);
        let page = fields.bucket_page(bucket);
        if page.is_none_or(|page| page == 0 || page >= check.count()) {
            let found = format!("bucket {bucket} at page {}", page.unwrap_or_default());
            check.broken(place, Rule::BucketPage, found, "");
        }
        if end >= fields.max_bucket {
            break;
        }
        end = end.saturating_mul(2).saturating_add(1);
    }
    // Numbers for doublings not in use lead to no record.
    let used = HashFields::doubling_of(fields.max_bucket);
    let unused = used.saturating_add(1);
    for (index, spare) in fields.spares.iter().enumerate().skip(unused) {
        if *spare >= check.count() {
            let found = format!("{spare} for doubling {index}, which is not in use");
            check.note(place, Rule::HashFields, found);
        }
    }
}

fn queue<S: PageSource>(check: &mut Check<'_, S>, fields: &QueueFields, place: Place) {
    for (name, record) in [("first", fields.first), ("next", fields.next)] {
        if record == 0 {
            check.broken(place, Rule::QueueFields, format!("{name} record 0"), "");
        }
    }
}
