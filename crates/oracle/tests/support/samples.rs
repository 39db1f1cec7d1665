//! Files written by real libraries of many releases, where they are unpacked.
//! No library may open them there.

use std::fs;
use std::path::{Path, PathBuf};

use oracle::Record;

/// A file, and by its name what was loaded into it.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) path: PathBuf,
    /// Nothing for one that was worked in after it was loaded.
    variant: Option<String>,
}

/// What was loaded into the named databases of a file of several.
const SEVERAL: [(&str, &str); 4] = [
    ("alpha", "bt-plain"),
    ("beta", "h-plain"),
    ("delta", "rn-var"),
    ("gamma", "bt-dup"),
];

impl Sample {
    pub(crate) fn is_encrypted(&self) -> bool {
        self.variant
            .as_ref()
            .is_some_and(|variant| variant.ends_with("-crypt"))
    }

    /// The databases of the file by their names, with what their contents are
    /// called, and the records in the order in which they were loaded.
    pub(crate) fn loaded(&self, root: &Path) -> Option<Vec<(Option<String>, String, Vec<Record>)>> {
        let variant = self.variant.as_ref()?.trim_end_matches("-chk");
        let one = |name: Option<&str>, variant: &str| {
            let text = root.join("data").join(format!("{variant}.txt"));
            let text = fs::read_to_string(text).unwrap();
            let records = from_hex(text.lines());
            (name.map(str::to_owned), variant.to_owned(), records)
        };
        if variant == "subdb" {
            let several = SEVERAL.map(|(name, variant)| one(Some(name), variant));
            return Some(several.to_vec());
        }
        Some(vec![one(None, variant)])
    }
}

/// Where the samples are, or `None`, which is said, when they are not there.
pub(crate) fn root() -> Option<PathBuf> {
    let place = std::env::var_os("CSMIGRATE_SAMPLES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/samples"),
        PathBuf::from,
    );
    if place.join("data").is_dir() {
        return Some(place);
    }
    println!(
        "skipped: no samples in {} (./test unpacks them where it has them)",
        place.display()
    );
    None
}

/// All files that were closed properly, in the order of their names.
pub(crate) fn all(root: &Path) -> Vec<Sample> {
    let mut found = Vec::new();
    for dir in entries(root) {
        let name = name(&dir);
        if ["x86", "x64", "sparc"]
            .iter()
            .any(|start| name.starts_with(start))
        {
            found.extend(databases(&dir).map(|path| Sample {
                variant: Some(variant(&path)),
                path,
            }));
        } else if name == "odd" {
            let stores = entries(&dir).into_iter().filter(|store| {
                let name = self::name(store);
                name.starts_with("envclean-") || name.starts_with("envnockp-")
            });
            let odd = stores.flat_map(|store| databases(&store).collect::<Vec<_>>());
            let odd = odd.chain(databases(&dir));
            found.extend(odd.map(|path| Sample {
                path,
                variant: None,
            }));
        }
    }
    found.sort_by(|left, right| left.path.cmp(&right.path));
    found
}

/// The part of a name before the byte order.
fn variant(path: &Path) -> String {
    let stem = path.file_stem().unwrap().to_string_lossy();
    let words = stem
        .split('-')
        .take_while(|word| !["le", "be"].contains(word));
    words.collect::<Vec<_>>().join("-")
}

fn databases(dir: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let paths = entries(dir).into_iter();
    paths.filter(|path| path.extension().is_some_and(|end| end == "db") && path.is_file())
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir)
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// Records from lines that are alternately key and data in hexadecimal digits,
/// each behind one blank.
pub(crate) fn from_hex<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Record> {
    let lines: Vec<Vec<u8>> = lines.map(item).collect();
    lines
        .chunks(2)
        .map(|pair| (pair[0].clone(), pair[1].clone()))
        .collect()
}

/// The bytes of a line of a dump.
pub(crate) fn item(line: &str) -> Vec<u8> {
    line.as_bytes()[1..]
        .chunks(2)
        .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
        .collect()
}
