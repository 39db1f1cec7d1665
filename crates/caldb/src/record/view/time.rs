//! Times as the server writes them: UTC, in basic form.

/// Whether this is a UTC time such as `20060525T153000Z`.
pub(crate) fn is_utc(text: &[u8]) -> bool {
    let [date @ .., b'Z'] = text else {
        return false;
    };
    date.len() == 15
        && date.iter().enumerate().all(|(at, byte)| match at {
            8 => *byte == b'T',
            _ => byte.is_ascii_digit(),
        })
}

/// The year of a date, or of a date with a time, in basic form, such as
/// `20060525` or `20060525T153000`.
pub(crate) fn year(text: &[u8]) -> Option<u16> {
    let (date, rest) = text.split_first_chunk::<8>()?;
    let is_date = date.iter().all(u8::is_ascii_digit) && matches!(rest, [] | [b'T', ..]);
    let digit = |year: u16, digit: &u8| {
        let value = digit.wrapping_sub(b'0');
        year.saturating_mul(10).saturating_add(value.into())
    };
    is_date.then(|| date.iter().take(4).fold(0, digit))
}

/// Whether this is time 0: the start of 1970, or a plain `0`.
pub(crate) fn is_zero(text: &[u8]) -> bool {
    matches!(text, b"0" | b"19700101T000000Z" | b"19700101T000000")
}
