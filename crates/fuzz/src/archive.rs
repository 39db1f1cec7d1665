//! Several files in one input, so that an engine that knows nothing of files
//! can cut, join and change them.
//!
//! ```text
//! which of the names   1
//! length               4   little-endian
//! bytes                    as many, or what is left of the input
//! ```

/// The head of a file.
const HEAD: usize = 5;

/// The files of an input, by their names' places in a list of `names`.
pub(crate) fn files(mut input: &[u8], names: usize) -> Vec<(usize, &[u8])> {
    let mut files = Vec::new();
    while let Some((head, rest)) = input.split_at_checked(HEAD) {
        let which = usize::from(head[0]) % names;
        let len = u32::from_le_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let (bytes, after) = rest.split_at(len.min(rest.len()));
        files.push((which, bytes));
        input = after;
    }
    files
}

/// An input of these files behind a byte that says what is to be done.
pub(crate) fn join(how: u8, files: &[(usize, Vec<u8>)]) -> Vec<u8> {
    let mut input = vec![how];
    for (which, bytes) in files {
        input.push(u8::try_from(*which).expect("a short list of names"));
        let len = u32::try_from(bytes.len()).expect("a small file");
        input.extend(len.to_le_bytes());
        input.extend(bytes);
    }
    input
}
