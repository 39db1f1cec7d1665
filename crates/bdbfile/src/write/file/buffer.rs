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

    /// Puts bytes to the end.
    ///
    /// # Errors
    /// Where the system has no more memory.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.add(bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }

    /// Puts zeros to the end, that there are so many bytes.
    ///
    /// # Errors
    /// Where the system has no more memory.
    pub(super) fn fill_to(&mut self, len: usize) -> io::Result<()> {
        self.add(len.saturating_sub(self.len))?.fill(0);
        Ok(())
    }

    /// So many bytes more, of any content.
    fn add(&mut self, more: usize) -> io::Result<&mut [u8]> {
        let start = self.len;
        let end = start
            .checked_add(more)
            .ok_or_else(|| io::Error::from(io::ErrorKind::OutOfMemory))?;
        if self.map.as_ref().is_none_or(|map| map.len() < end) {
            let room = end.max(start.saturating_mul(2)).max(ROOM);
            let mut map = MmapMut::map_anon(room)?;
            if let Some(place) = map.get_mut(..start) {
                place.copy_from_slice(self.bytes());
            }
            self.map = Some(map);
        }
        self.len = end;
        let map = self.map.as_deref_mut().unwrap_or_default();
        Ok(map.get_mut(start..end).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_is_there_and_nothing_of_what_was_before() {
        let mut buffer = Buffer::default();
        assert_eq!(buffer.bytes(), []);
        for round in 1..=3 {
            buffer.append(&[round; 3000]).unwrap();
            buffer.fill_to(4096).unwrap();
            buffer.fill_to(100).unwrap();
            assert_eq!(buffer.len(), 4096);
            assert!(buffer.bytes()[..3000].iter().all(|byte| *byte == round));
            assert!(buffer.bytes()[3000..].iter().all(|byte| *byte == 0));
            buffer.bytes_mut()[4095] = 9;
            assert_eq!(buffer.bytes()[4095], 9);
            buffer.clear();
        }
    }

    #[test]
    fn it_grows_beyond_the_room_that_is_usual() {
        let mut buffer = Buffer::default();
        let piece = vec![7; 3 << 20];
        let times = ROOM / piece.len() + 2;
        for _ in 0..times {
            buffer.append(&piece).unwrap();
        }
        assert_eq!(buffer.len(), times * piece.len());
        assert!(buffer.bytes().iter().all(|byte| *byte == 7));
        assert!(buffer.append(&[0; 8][..0]).is_ok());
    }
}
