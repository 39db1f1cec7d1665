//! Nothing that is shipped asks in which order this machine keeps its bytes,
//! nor looks at bytes as at anything else: so a file reads the same on every
//! machine. Clippy's `host_endian_bytes` refuses the methods of the integers;
//! here the other ways to the host's order are refused too.

use std::fs;
use std::path::{Path, PathBuf};

/// The crates that are shipped.
const SHIPPED: [&str; 5] = [
    "bdbfile",
    "bdbfile-cli",
    "caldb",
    "csmigrate",
    "csmigrate-cli",
];

/// Every way to the host's order, by the word it needs in a source or manifest.
const HOST_ORDER: [&str; 11] = [
    "_ne_bytes",
    "target_endian",
    "NativeEndian",
    "transmute",
    "bytemuck",
    "zerocopy",
    "from_raw_parts",
    "read_unaligned",
    "align_to",
    "union ",
    "as *const",
];

#[test]
fn no_shipped_source_has_a_word_of_the_hosts_order() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for name in SHIPPED {
        let mut sources = vec![crates.join(name).join("Cargo.toml")];
        below(&crates.join(name).join("src"), &mut sources);
        assert!(sources.len() > 1, "{name} has no sources");
        for path in sources {
            let text = fs::read_to_string(&path).unwrap();
            for (number, line) in text.lines().enumerate() {
                if let Some(word) = host_order(line) {
                    found.push(format!("{}:{}: {word}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_words_are_found_where_they_are() {
    for line in [
        "    u32::from_ne_bytes(field)",
        "    if cfg!(target_endian = \"big\") {",
        "use byteorder::NativeEndian;",
        "    unsafe { std::mem::transmute::<[u8; 4], u32>(field) }",
        "bytemuck = \"1\"",
        "    unsafe { bytes.as_ptr().cast::<u32>().read_unaligned() }",
    ] {
        assert!(host_order(line).is_some(), "{line}");
    }
}

/// The word of the host's order in a line. A comment is no code.
fn host_order(line: &str) -> Option<&'static str> {
    let code = line.split("//").next().unwrap_or_default();
    HOST_ORDER.into_iter().find(|word| code.contains(word))
}

/// All Rust sources below a directory.
fn below(dir: &Path, sources: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            below(&path, sources);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            sources.push(path);
        }
    }
}
