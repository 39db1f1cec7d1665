//! One referrer for every page.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::layout::PageNo;

/// Which pages of a file have been referred to. A valid file refers to each
/// page once, so a second claim is a loop or a crossed link: every walk claims
/// a page before it follows it, and therefore ends.
#[derive(Debug)]
pub(crate) struct Claims {
    words: Vec<AtomicU64>,
    /// Whether claims are kept at all.
    kept: bool,
}

impl Claims {
    /// No page of `pages` claimed. One bit a page.
    pub(crate) fn new(pages: PageNo) -> Self {
        let words = (pages as usize).div_ceil(64);
        Self {
            words: std::iter::repeat_with(AtomicU64::default)
                .take(words)
                .collect(),
            kept: true,
        }
    }

    /// Every claim is the first. Only for walks that end by another count, as
    /// one down the levels of a tree does, or along an overflow chain: each
    /// page of it brings bytes, of which there is a stated number.
    pub(crate) const fn not_kept() -> Self {
        Self {
            words: Vec::new(),
            kept: false,
        }
    }

    /// Whether claims are kept at all.
    pub(crate) const fn are_kept(&self) -> bool {
        self.kept
    }

    /// Claims a page: whether this was the first claim. Pages past the end of
    /// the file cannot be claimed.
    pub(crate) fn claim(&self, page: PageNo) -> bool {
        if !self.kept {
            return true;
        }
        let bit = 1 << (page % 64);
        self.words
            .get((page / 64) as usize)
            .is_some_and(|word| word.fetch_or(bit, Ordering::Relaxed) & bit == 0)
    }

    /// Whether a page has been claimed.
    pub(crate) fn is_claimed(&self, page: PageNo) -> bool {
        self.words
            .get((page / 64) as usize)
            .is_some_and(|word| word.load(Ordering::Relaxed) & (1 << (page % 64)) != 0)
    }
}
