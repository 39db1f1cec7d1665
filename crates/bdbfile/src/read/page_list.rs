//! The page numbers of a level of a tree, of which a large file has many.

use crate::layout::{NO_PAGE, PageNo};

/// Numbers of a block: as many as a word has bits, so that a block of numbers
/// of so many bits is as many words.
const BLOCK: usize = u64::BITS as usize;

/// The last number of a block.
const LAST: usize = BLOCK - 1;

/// Words of a segment.
const SEGMENT: usize = 1 << 12;

/// Page numbers in the order of a tree, found by their place. They are kept in
/// blocks, each number in as many bits as the highest of its block is above the
/// lowest: 7 to 9 in a file that was filled in the order of its keys.
#[derive(Debug, Default)]
pub(crate) struct PageList {
    blocks: Vec<Block>,
    /// The words of the blocks, those of each in one segment. All but the first,
    /// which grows as it is filled, have one size and are not moved: a list that
    /// grows leaves few holes in memory.
    segments: Vec<Vec<u64>>,
    /// The last numbers, fewer than a block.
    open: Vec<PageNo>,
}

/// Numbers, each kept as what it is above the lowest.
#[derive(Debug, Clone, Copy)]
struct Block {
    lowest: PageNo,
    segment: u32,
    /// The first of its words in the segment.
    first: u16,
    /// Of a number: so many words there are, too.
    bits: u16,
}

impl PageList {
    /// A list of one page.
    pub(crate) fn of(page: PageNo) -> Self {
        Self {
            open: vec![page],
            ..Self::default()
        }
    }

    /// An empty list with room for so many pages' blocks.
    pub(crate) fn with_room(pages: usize) -> Self {
        let mut list = Self::default();
        list.blocks.reserve_exact(pages / BLOCK);
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

    pub(crate) fn iter(&self) -> impl Iterator<Item = PageNo> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// The page at `index`, between those before and after it; none is page 0.
    pub(crate) fn around(&self, index: usize) -> [PageNo; 3] {
        let within = index % BLOCK;
        if let (1..LAST, Some(block)) = (within, self.blocks.get(index / BLOCK)) {
            let words = self.words(block);
            let places = [within.wrapping_sub(1), within, within.wrapping_add(1)];
            return places.map(|within| block.number(words, within));
        }
        let at = |index: Option<usize>| index.and_then(|index| self.get(index));
        let places = [index.checked_sub(1), Some(index), index.checked_add(1)];
        places.map(|place| at(place).unwrap_or(NO_PAGE))
    }

    fn get(&self, index: usize) -> Option<PageNo> {
        if let Some(block) = self.blocks.get(index / BLOCK) {
            return Some(block.number(self.words(block), index % BLOCK));
        }
        let closed = self.blocks.len().saturating_mul(BLOCK);
        self.open.get(index.checked_sub(closed)?).copied()
    }

    /// The words of a block, and those that follow.
    fn words(&self, block: &Block) -> &[u64] {
        let words = self.segments.get(block.segment as usize);
        let words = words.and_then(|words| words.get(usize::from(block.first)..));
        words.unwrap_or_default()
    }

    /// Puts the open block to the others.
    fn close(&mut self) {
        let lowest = self.open.iter().copied().min().unwrap_or_default();
        let highest = self.open.iter().copied().max().unwrap_or_default();
        let span = highest.saturating_sub(lowest);
        let bits = u16::try_from(PageNo::BITS.saturating_sub(span.leading_zeros()));
        let bits = bits.unwrap_or_default();
        let mut segment = self.segments.pop().unwrap_or_default();
        if segment.len().saturating_add(bits.into()) > SEGMENT {
            self.segments.push(segment);
            segment = Vec::with_capacity(SEGMENT);
        }
        let first = segment.len();
        segment.resize(first.saturating_add(bits.into()), 0);
        let words = segment.get_mut(first..).unwrap_or_default();
        for (within, page) in self.open.drain(..).enumerate() {
            let above = u64::from(page.saturating_sub(lowest));
            let (at, shift) = bit(bits, within);
            let rest = u64::BITS.saturating_sub(shift);
            let halves = [
                above.wrapping_shl(shift),
                above.checked_shr(rest).unwrap_or(0),
            ];
            for (word, half) in words.iter_mut().skip(at).zip(halves) {
                *word |= half;
            }
        }
        self.blocks.push(Block {
            lowest,
            segment: u32::try_from(self.segments.len()).unwrap_or(u32::MAX),
            first: u16::try_from(first).unwrap_or(u16::MAX),
            bits,
        });
        self.segments.push(segment);
    }
}

impl Block {
    /// One of its numbers.
    fn number(self, words: &[u64], within: usize) -> PageNo {
        let (at, shift) = bit(self.bits, within);
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        let low = word(at).wrapping_shr(shift);
        let rest = u64::BITS.wrapping_sub(shift);
        let high = word(at.wrapping_add(1)).checked_shl(rest).unwrap_or(0);
        let mask = 1_u64.wrapping_shl(self.bits.into()).wrapping_sub(1);
        let above = PageNo::try_from((low | high) & mask).unwrap_or_default();
        self.lowest.wrapping_add(above)
    }
}

/// Where the first bit of a number of a block is: in which of its words, and how
/// far from the lowest bit.
fn bit(bits: u16, within: usize) -> (usize, u32) {
    let bit = usize::from(bits).saturating_mul(within);
    (bit / BLOCK, u32::try_from(bit % BLOCK).unwrap_or_default())
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
        let same = [PageNo::MAX; 130];
        let all = near.iter().copied().chain(nearest).chain(far).chain(wide);
        let mixed: Vec<PageNo> = all.chain(same).collect();
        let many: Vec<PageNo> = mixed.iter().copied().cycle().take(30_000).collect();
        for room in [0, 1, 63, 64, 1000] {
            for all in [
                &mixed[..0],
                &mixed[..63],
                &mixed[..64],
                &near,
                &mixed,
                &many,
            ] {
                let mut list = PageList::with_room(room);
                for page in all {
                    list.push(*page);
                }
                assert_eq!(list.len(), all.len());
                assert!(list.iter().eq(all.iter().copied()));
                assert_eq!(list.get(all.len()), None);
                assert_eq!(list.get(usize::MAX), None);
                assert_eq!(list.segments.len() > 1, all.len() == many.len());
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
