//! Lines that stand one after the other.

/// From the first to the last of the lines that were taken in.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::record) struct Span<'a> {
    /// The first line and all after it.
    from: &'a [u8],
    /// How many bytes follow the last.
    after: usize,
}

impl<'a> Span<'a> {
    /// Takes in a line, which is one after those taken in before. `from` are the
    /// bytes from the line on, `after` those after it.
    #[inline]
    pub(in crate::record) fn take_in(&mut self, from: &'a [u8], after: &'a [u8]) {
        if self.from.is_empty() {
            self.from = from;
        }
        self.after = after.len();
    }

    /// The lines, with what stands between them.
    pub(in crate::record) fn bytes(self) -> &'a [u8] {
        let len = self.from.len().saturating_sub(self.after);
        self.from.get(..len).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_from_the_first_line_to_the_last() {
        let bytes = b"A:1\nB:2\nC:3\nD:4\n";
        let mut span = Span::default();
        assert_eq!(span.bytes(), b"");
        span.take_in(&bytes[4..], &bytes[8..]);
        assert_eq!(span.bytes(), b"B:2\n");
        span.take_in(&bytes[8..], &bytes[12..]);
        span.take_in(&bytes[12..], &[]);
        assert_eq!(span.bytes(), b"B:2\nC:3\nD:4\n");
    }
}
