//! The page numbers of a level of a tree, of which a large file has many.

use crate::layout::{NO_PAGE, PageNo};

/// Numbers of a block.
const BLOCK: usize = 64;

/// Page numbers in the order of a tree, found by their place. They are kept in
/// blocks. Of one whose pages lie within 256 of each other, as in a file that
/// was filled in the order of its keys, each takes a byte; where they lie within
/// 65,536 of each other, two.
#[derive(Debug, Default)]
pub(crate) struct PageList {
    blocks: Vec<Block>,
    nearest: Vec<u8>,
    near: Vec<u16>,
    far: Vec<PageNo>,
    /// The last, fewer than a block.
    open: Vec<PageNo>,
}

/// Where the numbers of a block are.
#[derive(Debug, Clone, Copy)]
enum Block {
    /// In `nearest` from here on, less the lowest of them.
    Nearest { from: u32, lowest: PageNo },
    /// In `near` from here on, less the lowest of them.
    Near { from: u32, lowest: PageNo },
    /// In `far` from here on.
    Far { from: u32 },
}

impl PageList {
    /// A list of one page.
    pub(crate) fn of(page: PageNo) -> Self {
        Self {
            open: vec![page],
            ..Self::default()
        }
    }

    /// An empty list with room for so many pages that lie close together.
    pub(crate) fn with_room(pages: usize) -> Self {
        let mut list = Self::default();
        if pages >= BLOCK {
            list.blocks.reserve_exact(pages / BLOCK);
            list.nearest.reserve_exact(pages);
        }
        list.open.reserve_exact(pages.min(BLOCK));
        list
    }

    pub(crate) fn push(&mut self, page: PageNo) {
        self.open.push(page);
        if self.open.len() >= BLOCK {
            self.close();
        }
    }

    pub(crate) fn len(&self) -> usize {
        let closed = self.blocks.len().saturating_mul(BLOCK);
        closed.saturating_add(self.open.len())
    }

    fn get(&self, index: usize) -> Option<PageNo> {
        let within = index % BLOCK;
        let at = |from: u32| (from as usize).checked_add(within);
        match self.blocks.get(index / BLOCK) {
            Some(&Block::Nearest { from, lowest }) => {
                let above = self.nearest.get(at(from)?)?;
                lowest.checked_add(PageNo::from(*above))
            }
            Some(&Block::Near { from, lowest }) => {
                let above = self.near.get(at(from)?)?;
                lowest.checked_add(PageNo::from(*above))
            }
            Some(&Block::Far { from }) => self.far.get(at(from)?).copied(),
            None => {
                let closed = self.blocks.len().saturating_mul(BLOCK);
                self.open.get(index.checked_sub(closed)?).copied()
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = PageNo> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// The page at `index`, between those before and after it; none is page 0.
    pub(crate) fn around(&self, index: usize) -> [PageNo; 3] {
        self.around_within(index).unwrap_or_else(|| {
            let at = |index: Option<usize>| index.and_then(|index| self.get(index));
            let places = [index.checked_sub(1), Some(index), index.checked_add(1)];
            places.map(|place| at(place).unwrap_or(NO_PAGE))
        })
    }

    /// The same where all three are in one block.
    #[inline]
    fn around_within(&self, index: usize) -> Option<[PageNo; 3]> {
        let before = (index % BLOCK).checked_sub(1)?;
        if before >= BLOCK - 2 {
            return None;
        }
        let at = |from: u32| (from as usize).checked_add(before);
        match self.blocks.get(index / BLOCK) {
            Some(&Block::Nearest { from, lowest }) => {
                let three = three(&self.nearest, at(from)?)?;
                Some(three.map(|above| lowest.saturating_add(PageNo::from(above))))
            }
            Some(&Block::Near { from, lowest }) => {
                let three = three(&self.near, at(from)?)?;
                Some(three.map(|above| lowest.saturating_add(PageNo::from(above))))
            }
            Some(&Block::Far { from }) => three(&self.far, at(from)?),
            None if index / BLOCK == self.blocks.len() => three(&self.open, before),
            None => None,
        }
    }

    /// Puts the open block to the others.
    fn close(&mut self) {
        let lowest = self.open.iter().copied().min().unwrap_or_default();
        let highest = self.open.iter().copied().max().unwrap_or_default();
        let above = self.open.iter().map(|page| page.saturating_sub(lowest));
        // Each has as many as a file has pages, at most.
        let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let span = highest.saturating_sub(lowest);
        let block = if u8::try_from(span).is_ok() {
            let from = count(self.nearest.len());
            self.nearest
                .extend(above.map(|it| u8::try_from(it).unwrap_or(u8::MAX)));
            Block::Nearest { from, lowest }
        } else if u16::try_from(span).is_ok() {
            let from = count(self.near.len());
            self.near
                .extend(above.map(|it| u16::try_from(it).unwrap_or(u16::MAX)));
            Block::Near { from, lowest }
        } else {
            let from = count(self.far.len());
            self.far.extend_from_slice(&self.open);
            Block::Far { from }
        };
        self.blocks.push(block);
        self.open.clear();
    }
}

/// Three that stand side by side.
fn three<T: Copy>(all: &[T], at: usize) -> Option<[T; 3]> {
    let (three, _) = all.get(at..)?.split_first_chunk()?;
    Some(*three)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_found_at_its_place() {
        let near: Vec<PageNo> = (10..300).rev().collect();
        let far = (0..300_u32).map(|number| number.wrapping_mul(0x9e37_79b9));
        let wide = [0, 65_535, 65_536, PageNo::MAX]
            .into_iter()
            .cycle()
            .take(200);
        let nearest = (1..=100).chain((0..128).map(|number| number * 4 + 3));
        let all = near.iter().copied().chain(nearest).chain(far).chain(wide);
        let mixed: Vec<PageNo> = all.collect();
        for room in [0, 1, 63, 64, 1000] {
            for all in [&mixed[..0], &mixed[..63], &mixed[..64], &near, &mixed] {
                let mut list = PageList::with_room(room);
                for page in all {
                    list.push(*page);
                }
                assert_eq!(list.len(), all.len());
                assert!(list.iter().eq(all.iter().copied()));
                assert_eq!(list.get(all.len()), None);
                assert_eq!(list.get(usize::MAX), None);
            }
        }
    }

    #[test]
    fn those_at_the_ends_have_one_neighbour() {
        let list = PageList::of(7);
        assert_eq!(list.around(0), [NO_PAGE, 7, NO_PAGE]);
        let mut list = PageList::default();
        for page in 1..=200 {
            list.push(page * 1000);
        }
        assert_eq!(list.around(0), [NO_PAGE, 1000, 2000]);
        assert_eq!(list.around(63), [63_000, 64_000, 65_000]);
        assert_eq!(list.around(199), [199_000, 200_000, NO_PAGE]);
        assert_eq!(list.around(usize::MAX), [NO_PAGE; 3]);
        let mut list = PageList::default();
        for page in 1..=200 {
            list.push(page);
        }
        for page in 2..200 {
            let index = page as usize - 1;
            assert_eq!(list.around(index), [page - 1, page, page + 1]);
        }
    }
}
