//! Memory for the pages of a part, taken from the system as it is.
//!
//! Not from the allocator: glibc's gives back to the system only what is larger
//! than the largest block that was ever given back to it, twice over. After a
//! few blocks of some MiB a process keeps all it ever had, and how much that is
//! depends on the order in which its threads came to it.

use std::io;

use memmap2::MmapMut;

/// Bytes that grow at their end.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    /// Larger than is used. What was never touched takes no memory.
    map: Option<MmapMut>,
    len: usize,
}

/// Room that is asked for at first: that of all a part gathers, mostly.
const ROOM: usize = super::part::GATHERED_AT_MOST + (1 << 20);

impl Buffer {
    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// All bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        let map = self.map.as_deref().unwrap_or_default();
        map.get(..self.len).unwrap_or_default()
    }

    /// The same, to be changed.
    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        let map = self.map.as_deref_mut().unwrap_or_default();
        map.get_mut(..self.len).unwrap_or_default()
    }

    /// No bytes any more; the room is kept.
    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    /// Makes it so long, if it is shorter. What is new is of any content: what
    /// was there before it was cleared, or zeros.
    ///
    /// # Errors
    /// Where the system has no more memory.
    pub(super) fn lengthen_to(&mut self, len: usize) -> io::Result<()> {
        if self.map.as_ref().is_none_or(|map| map.len() < len) {
            let room = len.max(self.len.saturating_mul(2)).max(ROOM);
            let mut map = MmapMut::map_anon(room)?;
            if let Some(place) = map.get_mut(..self.len) {
                place.copy_from_slice(self.bytes());
            }
            self.map = Some(map);
        }
        self.len = self.len.max(len);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_is_there_when_it_grows() {
        let mut buffer = Buffer::default();
        assert_eq!(buffer.bytes(), []);
        buffer.lengthen_to(0).unwrap();
        for round in 1..=3 {
            for len in [1, 4096, 100, ROOM, ROOM + 1, 3 * ROOM] {
                let before = buffer.len();
                buffer.lengthen_to(len).unwrap();
                assert_eq!(buffer.len(), before.max(len));
                assert_eq!(buffer.bytes().len(), buffer.len());
                assert!(buffer.bytes()[..before].iter().all(|byte| *byte == round));
                buffer.bytes_mut()[before..].fill(round);
            }
            buffer.clear();
            assert_eq!(buffer.bytes(), []);
        }
    }
}
