//! Region files of an environment (`__db.001`, `__db_txn.share`): the few words
//! that tell whether a process was attached when it died. They are the memory
//! of running processes and laid out as the compiler did it: what is not known
//! of a release is `None`, never guessed.

use super::Endian;

/// Magic number of regions.
const MAGIC: u32 = 0x0012_0897;

/// The magic number stands within the first bytes, behind a mutex whose size
/// differs between machines (seen at 0, 16, 92, 96 and 112).
pub const REGION_HEAD: usize = 400;

/// Bytes of one word of a region's header.
const WORD: usize = 4;

/// The head of a region file that describes the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegionHead {
    /// The byte order of the machine.
    pub endian: Endian,
    /// The release that made it: major, minor, patch.
    pub release: (u32, u32, u32),
    /// The environment was marked as needing recovery.
    pub panic: bool,
    /// How many processes or handles are attached; `None` where the place of
    /// the count is not known for the release and machine.
    pub refcnt: Option<u32>,
}

impl RegionHead {
    /// Finds the head in the first [`REGION_HEAD`] bytes of a region file;
    /// `None` where there is none, as in all but the first file of 3.0 and
    /// later.
    pub fn find(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..REGION_HEAD).unwrap_or(bytes);
        (0..bytes.len()).step_by(WORD).find_map(|at| {
            Endian::BOTH.into_iter().find_map(|endian| {
                let words = Words { endian, bytes, at };
                (words.get(0)? == MAGIC).then_some(())?;
                words.head()
            })
        })
    }
}

/// The words from the magic number on.
struct Words<'a> {
    endian: Endian,
    bytes: &'a [u8],
    at: usize,
}

impl Words<'_> {
    /// The word `n` words behind the magic number.
    fn get(&self, n: usize) -> Option<u32> {
        let before = n.saturating_mul(WORD);
        self.endian.u32(self.bytes, self.at.saturating_add(before))
    }

    /// Reads what stands behind the magic number. 3.0 and later: panic, major,
    /// minor, patch; 2.x: count, size, major, minor, patch, panic. A size is
    /// never as small as a major number.
    fn head(&self) -> Option<RegionHead> {
        let (release, panic, refcnt) = match (self.get(2)?, self.get(3)?) {
            (major @ 3..=5, minor) => {
                let refcnt = match (major, minor) {
                    (3, 2) => self.refcnt_3_2(),
                    (4, 2) => self.refcnt_4_2(),
                    (5, 3) => self.refcnt_5_3(),
                    _ => None,
                };
                ((major, minor, self.get(4)?), self.get(1)? != 0, refcnt)
            }
            (_, 2) => (
                (2, self.get(4)?, self.get(5)?),
                self.get(6)? != 0,
                Some(self.get(1)?),
            ),
            _ => return None,
        };
        Some(RegionHead {
            endian: self.endian,
            release,
            panic,
            refcnt,
        })
    }

    /// 3.2 (seen: x86, x86-64, SPARC): flags, the offset of the first region
    /// as a machine word, the count. Where 64-bit words make the place
    /// ambiguous the other candidate is a word that is 0 in 32-bit regions.
    fn refcnt_3_2(&self) -> Option<u32> {
        let (first, second) = (self.get(6)?, self.get(7)?);
        match (first, second) {
            (0, _) | (_, 0) => self.get(8),
            _ => Some(second),
        }
    }

    /// 4.2 (seen: x86, x86-64, SPARC): flags, the offset of the cipher's data
    /// (0: none) and of the first region as machine words, the count. Not
    /// read where a cipher makes the width of words ambiguous.
    fn refcnt_4_2(&self) -> Option<u32> {
        match (self.get(6)?, self.get(7)?) {
            (0, 0) => self.get(10),
            (0, _) => self.get(8),
            _ => None,
        }
    }

    /// 5.3 (seen: x86-64 only): the count is word 14. Other machines have
    /// another width of time, which shows in words 7 and 9.
    fn refcnt_5_3(&self) -> Option<u32> {
        (self.endian == Endian::Little && self.get(7)? == 0 && self.get(9)? == 0).then_some(())?;
        self.get(14)
    }
}
