//! Breaches of an order, held back until the whole database has been seen.

use crate::error::{Place, Rule};
use crate::verify::check::Check;
use crate::verify::report::{Problem, Verification};

/// Damage leaves nearly all neighbours in order. Where more than one in so
/// many pairs is not, the order is the application's own.
const OWN_ORDER_PAIRS: u64 = 16;

/// An order of the application's own breaks the bytewise one now and then on
/// most pages, damage on few. On at least so many pages, and on more than one
/// in so many, it is the application's.
const OWN_ORDER_PAGES: u64 = 8;

/// How an order that the file does not name was kept: by the keys of a
/// database, or by its sorted duplicates.
#[derive(Debug)]
pub(super) struct Tally {
    rule: Rule,
    /// The order is the bytewise one and no other.
    bytewise: bool,
    pairs: u64,
    breaches: u64,
    pages: u64,
    pages_broken: u64,
    /// The breaches, as many as a report lists.
    held: Verification,
}

impl Tally {
    /// Nothing counted yet; with `bytewise` no other order is possible.
    pub(super) fn new(rule: Rule, bytewise: bool) -> Self {
        Self {
            rule,
            bytewise,
            pairs: 0,
            breaches: 0,
            pages: 0,
            pages_broken: 0,
            held: Verification::default(),
        }
    }

    /// Counts a page's pairs of neighbours and how many are out of order.
    pub(super) fn page(&mut self, pairs: u64, breaches: u64) {
        if pairs > 0 {
            self.pairs = self.pairs.saturating_add(pairs);
            self.breaches = self.breaches.saturating_add(breaches);
            self.pages = self.pages.saturating_add(1);
            self.pages_broken = self.pages_broken.saturating_add(u64::from(breaches > 0));
        }
    }

    /// Holds a breach back.
    pub(super) fn hold(&mut self, place: Place, rule: Rule, found: impl Into<String>) {
        self.held.add(Problem {
            place,
            rule,
            expected: String::new(),
            found: found.into(),
        });
    }

    /// Whether nothing breached it.
    pub(super) fn is_kept(&self) -> bool {
        self.held.is_clean()
    }

    /// Whether the order is not the bytewise one at all.
    fn is_own_order(&self) -> bool {
        self.breaches.saturating_mul(OWN_ORDER_PAIRS) > self.pairs
            || (self.pages_broken >= OWN_ORDER_PAGES
                && self.pages_broken.saturating_mul(OWN_ORDER_PAGES) > self.pages)
    }

    /// Gives the breaches out, or one note in their place.
    pub(super) fn finish<S>(self, check: &mut Check<'_, S>, at: Place) {
        if self.held.is_clean() {
            return;
        }
        if self.breaches > 0 && !self.bytewise && self.is_own_order() {
            let found = format!(
                "{} of {} neighbours, on {} of {} pages: an order of the application's own, \
                 which is not checked",
                self.breaches, self.pairs, self.pages_broken, self.pages
            );
            check.note(at, self.rule, found);
            return;
        }
        check.take(self.held);
    }
}
