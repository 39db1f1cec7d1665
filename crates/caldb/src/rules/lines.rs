//! The content lines of a value, with every byte of them: enough to change one
//! and leave the rest alone.

/// A content line of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// All of its bytes, folds and line end included.
    pub(super) bytes: &'a [u8],
    /// The name of the property, in the case it is written in.
    pub(super) name: &'a [u8],
}

/// The lines of a value, in order; put together they are the value.
pub(super) fn lines(value: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut rest = value;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut end = 0;
        loop {
            let from = rest.get(end..).unwrap_or_default();
            match from.iter().position(|byte| *byte == b'\n') {
                None => end = rest.len(),
                Some(at) => end += at + 1,
            }
            // A line that begins with a blank goes on with the one before.
            if !matches!(rest.get(end), Some(b' ' | b'\t')) {
                break;
            }
        }
        let (bytes, after) = rest.split_at(end);
        rest = after;
        let len = bytes
            .iter()
            .position(|byte| matches!(byte, b';' | b':' | b'\r' | b'\n'))
            .unwrap_or(bytes.len());
        let name = bytes.get(..len).unwrap_or_default();
        Some(Line { bytes, name })
    })
}

/// A line without its folds and its line end.
pub(super) fn unfolded(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((byte, after)) = rest.split_first() {
        rest = match (byte, after) {
            (b'\r', [b'\n', b' ' | b'\t', after @ ..]) | (b'\n', [b' ' | b'\t', after @ ..]) => {
                after
            }
            (b'\r', [b'\n']) | (b'\n', []) => &[],
            _ => {
                out.push(*byte);
                after
            }
        };
    }
    out
}

/// Where the value of an unfolded line begins: behind the first colon that is
/// not in quotes.
pub(super) fn value_at(line: &[u8]) -> Option<usize> {
    let mut quoted = false;
    for (at, byte) in line.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b':' if !quoted => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lose_no_byte() {
        for value in [
            &b"BEGIN:VEVENT\r\nSUMMARY;X=\"a:b\":c\r\n d\r\nEND:VEVENT\r\n"[..],
            b"no end of line",
            b"\n\n \r\n\t\r",
            b" begins with a blank\nNAME:x",
            b"\xff\x00:\x80",
            b"",
        ] {
            let all: Vec<u8> = lines(value).flat_map(|line| line.bytes.to_vec()).collect();
            assert_eq!(all, value);
        }
    }

    #[test]
    fn folds_are_taken_away_and_quotes_respected() {
        let value = b"A;P=\"x:y\":one\r\n two\r\nB:c\n";
        let found: Vec<_> = lines(value).collect();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].name, b"A");
        let line = unfolded(found[0].bytes);
        assert_eq!(line, b"A;P=\"x:y\":onetwo");
        assert_eq!(&line[value_at(&line).unwrap()..], b"onetwo");
        assert_eq!(unfolded(found[1].bytes), b"B:c");
        assert_eq!(value_at(b"no colon"), None);
    }
}
