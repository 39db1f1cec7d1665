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

/// Whether this is time 0: the start of 1970, or a plain `0`.
pub(crate) fn is_zero(text: &[u8]) -> bool {
    matches!(text, b"0" | b"19700101T000000Z" | b"19700101T000000")
}
