//! Where the bytes of a line stop being plain: eight of them looked at at once.
//!
//! Most values are shorter than what it costs to begin a vectorised search, and
//! there is one for every line of a store.

use memchr::memchr2;

/// Each byte of a word the same.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// What ends a line, and whether it was met on the way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    /// The first CR or LF; the length where there is none.
    pub(super) at: usize,
    /// Whether all bytes before it are plain.
    pub(super) plain: bool,
}

/// Looks for the end of a line.
#[inline]
pub(super) fn stop(bytes: &[u8]) -> Stop {
    let at = first_odd(bytes);
    match bytes.get(at) {
        Some(b'\n' | b'\r') | None => Stop { at, plain: true },
        Some(_) => beyond(bytes, at),
    }
}

/// Bytes that are not plain stand close together.
#[cold]
#[inline(never)]
#[expect(clippy::arithmetic_side_effects, reason = "places in one slice")]
fn beyond(bytes: &[u8], odd: usize) -> Stop {
    let rest = bytes.get(odd..).unwrap_or_default();
    Stop {
        at: memchr2(b'\n', b'\r', rest).map_or(bytes.len(), |found| odd + found),
        plain: false,
    }
}

/// The first byte that is not plain, which is to say no control character and
/// not beyond ASCII; the length where there is none.
#[inline]
#[expect(clippy::arithmetic_side_effects, reason = "places in one slice")]
pub(super) fn first_odd(bytes: &[u8]) -> usize {
    let (words, tail) = bytes.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // The top bit of each byte that is less than a space or has it already.
        // A byte that borrows disturbs only those after it.
        let odd = (word.wrapping_sub(each(b' ')) | word) & each(0x80);
        if odd != 0 {
            return number * 8 + odd.trailing_zeros() as usize / 8;
        }
    }
    let odd = tail.iter().position(|byte| !(b' '..0x80).contains(byte));
    bytes.len() - tail.len() + odd.unwrap_or(tail.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stops_at_its_end_wherever_that_is() {
        for len in 0..40 {
            for at in 0..len {
                for end in [b'\n', b'\r'] {
                    let mut bytes = vec![b'~'; len];
                    bytes[at..].fill(end);
                    let Stop { at: found, plain } = stop(&bytes);
                    assert_eq!((found, plain), (at, true));
                    for odd in [0, b'\t', 0x1f, 0x80, 0xff] {
                        for before in 0..at {
                            bytes[before] = odd;
                            let Stop { at: found, plain } = stop(&bytes);
                            assert_eq!((found, plain), (at, false), "{odd} at {before}");
                            bytes[before] = b' ';
                        }
                    }
                }
            }
            let Stop { at, plain } = stop(&vec![0x7f; len]);
            assert_eq!((at, plain), (len, true));
        }
    }
}
