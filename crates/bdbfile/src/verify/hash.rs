//! A hash database: its buckets, and that each key is in its own.

use std::cmp::Ordering;

use crate::error::{Place, Result, Rule};
use crate::layout::{
    DuplicateSet, HashFields, HashItem, Meta, NO_PAGE, PageNo, PageType, PageView, SortedKey,
    hash_item,
};
use crate::read::hash::{self, Buckets};
use crate::source::PageSource;
use crate::verify::chains::{self, Referrer};
use crate::verify::check::{Check, State, type_of};
use crate::verify::leaf;
use crate::verify::report::{Problem, Verification};
use crate::verify::tree::{Orders, Role, Tree};

/// A hash database under way.
struct Table<'m> {
    meta: &'m Meta,
    fields: &'m HashFields,
    orders: Orders,
    /// Buckets whose first page is all zeros.
    unwritten: u64,
    /// Keys looked at.
    keys: u64,
    /// Keys that the default function puts elsewhere.
    elsewhere: Verification,
}

/// Checks the buckets of a hash database.
pub(super) fn check<S: PageSource>(
    check: &mut Check<'_, S>,
    meta: &Meta,
    fields: &HashFields,
) -> Result<()> {
    let mut table = Table {
        meta,
        fields,
        orders: Orders::new(meta),
        unwritten: 0,
        keys: 0,
        elsewhere: Verification::default(),
    };
    let buckets = Buckets::new(fields, check.count());
    for index in 0..buckets.len() {
        if let Some(bucket) = buckets.get(index) {
            table.bucket(check, bucket)?;
        }
    }
    let at = Place::page(meta.pgno);
    table.spare_buckets(check, at)?;
    table.undone_buckets(check, at)?;
    if let Some(found) = hash::missing(fields, &buckets, table.unwritten, table.keys) {
        check.note(at, Rule::BucketsMissing, found);
    }
    table.judge_function(check, at);
    table.orders.finish(check, at);
    Ok(())
}

impl Table<'_> {
    fn bucket<S: PageSource>(&mut self, check: &mut Check<'_, S>, bucket: u32) -> Result<()> {
        let meta_at = Place::page(self.meta.pgno);
        let Some(first) = self.fields.bucket_page(bucket) else {
            return Ok(());
        };
        let (mut referrer, mut before, mut pgno) = (meta_at, NO_PAGE, first);
        loop {
            if !check.claim(pgno, referrer) {
                return Ok(());
            }
            if before == NO_PAGE && check.state(pgno) == State::Zero {
                // Never written.
                self.unwritten = self.unwritten.saturating_add(1);
                return Ok(());
            }
            let Some(page) = check.walkable(pgno)? else {
                return Ok(());
            };
            let view = page.view();
            let at = Place::page(pgno);
            let unused = before == NO_PAGE
                && view.header.is(PageType::Free)
                && view.header.entries == 0
                && !self.has_own_types();
            if unused {
                return Ok(());
            }
            if !(view.header.is(PageType::Hash) || view.header.is(PageType::HashSorted)) {
                check.broken(at, Rule::PageType, type_of(&view.header), "2 or 13");
                return Ok(());
            }
            if view.header.prev != before {
                let found = format!("previous page {}", view.header.prev);
                check.broken(at, Rule::BucketLink, found, before.to_string());
            }
            self.page(check, &view, bucket)?;
            if view.header.next == NO_PAGE {
                return Ok(());
            }
            (referrer, before, pgno) = (at, pgno, view.header.next);
        }
    }

    /// Whether the pages of buckets have their type from the beginning, as the
    /// releases do that write version 8 and later.
    const fn has_own_types(&self) -> bool {
        self.meta.version >= 8
    }

    fn page<S: PageSource>(
        &mut self,
        check: &mut Check<'_, S>,
        view: &PageView<'_>,
        bucket: u32,
    ) -> Result<()> {
        let sorted = view.header.is(PageType::HashSorted);
        let (mut pairs, mut breaches) = (0_u64, 0_u64);
        let mut last: Option<(Vec<u8>, bool)> = None;
        for slot in (0..view.header.entries).step_by(2) {
            let place = Place::slot(view.header.pgno, slot);
            if let Some((key, in_page)) = key(check, view, slot)? {
                self.keys = self.keys.saturating_add(1);
                let right = self.fields.bucket_by_default(&key);
                if right != bucket {
                    self.elsewhere.add(Problem {
                        place,
                        rule: Rule::BucketKey,
                        expected: right.to_string(),
                        found: bucket.to_string(),
                    });
                }
                if sorted
                    && let Some((last, in_page_too)) = &last
                    && let Some(follows) = follows((last, *in_page_too), (&key, in_page))
                {
                    pairs = pairs.saturating_add(1);
                    if !follows {
                        breaches = breaches.saturating_add(1);
                        self.orders.keys.hold(place, Rule::KeyOrder, "");
                    }
                }
                last = Some((key, in_page));
            }
            self.data(check, view, slot.saturating_add(1))?;
        }
        self.orders.keys.page(pairs, breaches);
        Ok(())
    }

    fn data<S: PageSource>(
        &mut self,
        check: &mut Check<'_, S>,
        view: &PageView<'_>,
        slot: u16,
    ) -> Result<()> {
        let place = Place::slot(view.header.pgno, slot);
        match item(view, slot) {
            Some(HashItem::Overflow { first, len }) => {
                chains::refer(check, (first, len), place, Referrer::Leaf)
            }
            Some(HashItem::OffPageDuplicates { root }) => {
                let tree = Tree {
                    meta: self.meta,
                    role: Role::UnsortedDuplicates,
                };
                leaf::duplicates(check, tree, &mut self.orders, root, place)
            }
            Some(HashItem::Duplicates(set)) => {
                if !self.meta.has_duplicates() {
                    check.broken(place, Rule::UnexpectedDuplicates, "", "");
                }
                if self.meta.has_sorted_duplicates() {
                    self.set(set, place);
                }
                Ok(())
            }
            Some(HashItem::Inline(_)) | None => Ok(()),
        }
    }

    /// The order of a set of duplicates on the page.
    fn set(&mut self, set: DuplicateSet<'_>, place: Place) {
        let (mut pairs, mut breaches) = (0_u64, 0_u64);
        let mut last = None;
        let mut rest = set;
        while let Ok(Some((data, after))) = rest.split_first() {
            if let Some(last) = last {
                pairs = pairs.saturating_add(1);
                if last >= data {
                    breaches = breaches.saturating_add(1);
                    self.orders.duplicates.hold(place, Rule::DuplicateOrder, "");
                }
            }
            last = Some(data);
            rest = after;
        }
        self.orders.duplicates.page(pairs, breaches);
    }

    /// The buckets of doublings that a transaction made and that did not
    /// commit: recovery takes them back, and leaves their pages where the table
    /// of doublings says, for the next that grows (seen: 3.2.9 and 4.2.52, whose
    /// own verification passes over them).
    fn undone_buckets<S: PageSource>(&mut self, check: &mut Check<'_, S>, at: Place) -> Result<()> {
        let fields = self.fields;
        let in_use = HashFields::doubling_of(fields.high_mask);
        if self.meta.is_first_generation() {
            return Ok(());
        }
        for (doubling, start) in fields
            .spares
            .iter()
            .enumerate()
            .skip(in_use.saturating_add(1))
        {
            let Some(first) = u32::try_from(doubling.saturating_sub(1))
                .ok()
                .and_then(|log| 1_u32.checked_shl(log))
                .filter(|_| *start != 0)
            else {
                return Ok(());
            };
            for bucket in first..=first.saturating_mul(2).saturating_sub(1) {
                let Some(pgno) = fields.bucket_page(bucket) else {
                    return Ok(());
                };
                if pgno >= check.count() || check.claims.is_claimed(pgno) {
                    return Ok(());
                }
                self.spare_bucket(check, (bucket, pgno), at)?;
            }
        }
        Ok(())
    }

    /// The buckets of the last doubling that are not in use yet: their pages
    /// are there and empty.
    fn spare_buckets<S: PageSource>(&mut self, check: &mut Check<'_, S>, at: Place) -> Result<()> {
        let fields = self.fields;
        let Some(mut bucket) = fields.max_bucket.checked_add(1) else {
            return Ok(());
        };
        // Their pages stand side by side, so this ends with the file.
        while bucket <= fields.high_mask {
            let Some(pgno) = fields.bucket_page(bucket) else {
                return Ok(());
            };
            if pgno == NO_PAGE || pgno >= check.count() {
                return Ok(());
            }
            if self.meta.is_first_generation() && check.claims.is_claimed(pgno) {
                // 2.x makes no pages before they are needed.
                return Ok(());
            }
            self.spare_bucket(check, (bucket, pgno), at)?;
            bucket = match bucket.checked_add(1) {
                Some(next) => next,
                None => return Ok(()),
            };
        }
        Ok(())
    }

    fn spare_bucket<S: PageSource>(
        &mut self,
        check: &mut Check<'_, S>,
        (bucket, pgno): (u32, PageNo),
        at: Place,
    ) -> Result<()> {
        if check.state(pgno) == State::Zero {
            check.claim(pgno, at);
            return Ok(());
        }
        if self.meta.is_first_generation() {
            return Ok(());
        }
        if !check.claim(pgno, at) {
            return Ok(());
        }
        let Some(page) = check.walkable(pgno)? else {
            return Ok(());
        };
        let view = page.view();
        let header = view.header;
        let kind = header.is(PageType::Hash)
            || header.is(PageType::HashSorted)
            || (header.is(PageType::Free) && !self.has_own_types());
        if !kind {
            check.broken(
                Place::page(pgno),
                Rule::PageType,
                type_of(&view.header),
                "2 or 13",
            );
        } else if header.entries != 0 || header.next != NO_PAGE || header.prev != NO_PAGE {
            let found = format!("bucket {bucket}");
            check.broken(Place::page(pgno), Rule::SpareBucket, found, "");
        }
        Ok(())
    }

    /// Reports keys that are in the wrong bucket, where the function is known.
    fn judge_function<S: PageSource>(&mut self, check: &mut Check<'_, S>, at: Place) {
        let elsewhere = std::mem::take(&mut self.elsewhere);
        if self.fields.has_default_hash() {
            check.take(elsewhere);
            return;
        }
        let found = format!("it gives {:#010x} for the test text", self.fields.charkey);
        if self.fields.show_default(self.keys) && elsewhere.is_clean() {
            let expected = "the default one, by which every key is in its bucket";
            check.broken(at, Rule::HashFunction, found, expected);
        } else {
            let found = format!("{found}; in which buckets keys belong is not checked");
            check.note(at, Rule::HashFunction, found);
        }
    }
}

/// Whether a key of a sorted page may come after another; `None` for two that
/// the library puts as they come. The keys come with whether they stand in the
/// page.
fn follows(last: (&[u8], bool), key: (&[u8], bool)) -> Option<bool> {
    let [last, key] = [last, key].map(|(bytes, in_page)| SortedKey { bytes, in_page });
    let either = last.hides(key) || key.hides(last);
    (!either).then(|| last.order(key) == Ordering::Less)
}

/// The key of a slot, and whether it stands in the page; `None` where it
/// cannot be read.
fn key<S: PageSource>(
    check: &mut Check<'_, S>,
    view: &PageView<'_>,
    slot: u16,
) -> Result<Option<(Vec<u8>, bool)>> {
    let place = Place::slot(view.header.pgno, slot);
    match item(view, slot) {
        Some(HashItem::Inline(bytes)) => Ok(Some((bytes.to_vec(), true))),
        Some(HashItem::Overflow { first, len }) => {
            chains::refer(check, (first, len), place, Referrer::Leaf)?;
            Ok(chains::read(check, first)?.map(|key| (key, false)))
        }
        _ => Ok(None),
    }
}

/// The item of a slot: it ends where the one before it begins.
fn item<'a>(view: &PageView<'a>, slot: u16) -> Option<HashItem<'a>> {
    let end = match slot.checked_sub(1) {
        Some(before) => view.item_offset(before)?,
        None => view.bytes.len(),
    };
    hash_item(view.layout.endian, view.bytes, view.item_offset(slot)?, end).ok()
}
