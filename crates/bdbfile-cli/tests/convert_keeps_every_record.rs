//! A converted file has every record of its source, whatever it is to be like,
//! and the real library finds nothing wrong with it.

mod support;
#[path = "support/writing.rs"]
mod writing;

use std::path::{Path, PathBuf};

use bdbfile::read::DatabaseFile;
use bdbfile::source::{FileSource, MemorySource};
use support::{sample_files, samples, testdata};
use writing::{Place, dump, made, records, refused, sound, sound_but_for_order};

const ID: &str = "000102030405060708090a0b0c0d0e0f10111213";

/// Sources of every kind.
fn sources() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = ["ics50events.db", "ics50deletelog.db", "ics50journals.db"]
        .iter()
        .map(|name| testdata("composed-be").join(name))
        .collect();
    let Some(root) = samples() else { return found };
    for name in [
        "x64-5.3.28/bt-recnum-be",
        "x64-5.3.28/bt-ovfl-chk-be",
        "x64-5.3.28/bt-offdupsort-be",
        "x64-5.3.28/bt-dupovfl-be",
        "x64-5.3.28/h-plain-be",
        "x64-5.3.28/h-ovfl-be",
        "x64-5.3.28/h-offdup-be",
        "x64-5.3.28/h-dupsort-be",
        "x64-5.3.28/rn-var-be",
        "x64-5.3.28/rn-fix-be",
        "x64-5.3.28/q-fix-chk-be",
        "x64-5.3.28/subdb-be",
    ] {
        found.push(root.join(format!("{name}.db")));
    }
    found
}

fn open(path: &Path) -> DatabaseFile<FileSource> {
    DatabaseFile::open(FileSource::open(path).unwrap()).unwrap()
}

#[test]
fn of_any_byte_order_page_size_and_version() {
    let place = Place::new();
    let target = place.path("new.db");
    for source in sources() {
        let before = records(&dump(&source));
        let method = open(&source).meta().method_name();
        for options in [
            &[][..],
            &["--lorder", "be"],
            &["--lorder", "4321", "--page-size", "512", "--no-checksums"],
            &["--page-size", "65536", "--checksums"],
            &["--format-version", "8", "--no-checksums"],
        ] {
            if options.contains(&"--format-version") && method == "queue" {
                continue;
            }
            made("convert", options, &[&source, &target]);
            sound(&target);
            let name = source.display();
            assert!(records(&dump(&target)) == before, "{name} {options:?}");
            let layout = open(&target).layout();
            let value = |name: &str| {
                let at = options.iter().position(|option| *option == name)?;
                options.get(at + 1)?.parse::<u32>().ok()
            };
            let lorder = if options.contains(&"be") { 4321 } else { 1234 };
            let lorder = value("--lorder").unwrap_or(lorder);
            assert_eq!(layout.endian.lorder(), lorder);
            let size = open(&source).layout().page_size;
            assert_eq!(layout.page_size, value("--page-size").unwrap_or(size));
        }
    }
}

#[test]
fn of_any_kind() {
    let place = Place::new();
    let target = place.path("new.db");
    for source in sources() {
        let before = records(&dump(&source));
        let numbered = ["recno", "queue"].contains(&open(&source).meta().method_name());
        for kind in ["btree", "hash", "recno"] {
            if kind == "recno" && !numbered {
                continue;
            }
            // Little memory, so that the sort writes runs.
            let options = ["--kind", kind, "--memory", "64K", "--page-size", "1024"];
            made("convert", &options, &[&source, &target]);
            sound(&target);
            let name = source.display();
            assert!(records(&dump(&target)) == before, "{name} to {kind}");
        }
    }
}

#[test]
fn from_every_old_release() {
    let Some(root) = samples() else { return };
    let place = Place::new();
    let target = place.path("new.db");
    let mut converted = 0;
    for sample in sample_files(&root) {
        let name = sample.path.display().to_string();
        // Those of other page sizes add nothing here.
        let size = name.trim_end_matches(".db").rsplit('-').next();
        if sample.is_encrypted() || size.is_some_and(|size| size.parse::<u32>().is_ok()) {
            continue;
        }
        made("convert", &[], &[&sample.path, &target]);
        sound(&target);
        assert!(
            records(&dump(&target)) == records(&dump(&sample.path)),
            "{name}"
        );
        converted += 1;
    }
    println!("{converted} files");
}

#[test]
fn keys_in_an_order_of_their_own_stand_as_they_stood() {
    // A btree whose keys descend, as if the application compared them so.
    use bdbfile::write::{BtreeBuilder, BtreeParams, FileParams, FileSink, KeyOrder};
    let place = Place::new();
    let source = place.path("descending.db");
    let params = BtreeParams {
        order: KeyOrder::AsFed,
        ..BtreeParams::default()
    };
    let sink = FileSink::new("descending.db", std::fs::File::create(&source).unwrap());
    let mut builder = BtreeBuilder::new(sink, &FileParams::default(), &params).unwrap();
    for number in (0..20_000_u32).rev() {
        let key = format!("{number:08}");
        builder.push(key.as_bytes(), &[b'v'; 30]).unwrap();
    }
    builder.finish().unwrap();
    let target = place.path("new.db");
    let lines = made("convert", &["--page-size", "512"], &[&source, &target]);
    assert!(lines.contains("the order found is kept"), "{lines}");
    let items = |file: &Path| {
        let text = String::from_utf8(dump(file)).unwrap();
        let items = text.lines().filter(|line| line.starts_with(' '));
        items.map(str::to_owned).collect::<Vec<_>>()
    };
    sound_but_for_order(&target);
    assert!(items(&target) == items(&source));
    // Asked to sort them, it does.
    let lines = made("convert", &["--kind", "hash"], &[&source, &target]);
    assert!(!lines.contains("note"), "{lines}");
    sound(&target);
}

#[test]
fn sorted_duplicates_in_an_order_of_their_own_stand_as_they_stood() {
    use bdbfile::write::{BtreeBuilder, BtreeParams, Duplicates, FileParams, FileSink, KeyOrder};
    let place = Place::new();
    let (source, target) = (place.path("source.db"), place.path("new.db"));
    // On the leaf of their key, and in trees.
    for count in [2, 3000_u32] {
        let params = BtreeParams {
            duplicates: Duplicates::Sorted,
            duplicate_order: KeyOrder::AsFed,
            ..BtreeParams::default()
        };
        let sink = FileSink::new("source.db", std::fs::File::create(&source).unwrap());
        let mut builder = BtreeBuilder::new(sink, &FileParams::default(), &params).unwrap();
        for key in [b"a", b"b"] {
            for number in (0..count).rev() {
                builder
                    .push(key, format!("{number:08}").as_bytes())
                    .unwrap();
            }
        }
        builder.finish().unwrap();
        let lines = made("convert", &[], &[&source, &target]);
        assert_eq!(
            lines.matches("the order found is kept").count(),
            1,
            "{lines}"
        );
        assert!(lines.contains("the sorted duplicates are not"), "{lines}");
        assert!(dump(&target) == dump(&source));
        sound_but_for_order(&target);
    }
}

#[test]
fn keys_of_an_unknown_hash_function_stay_in_their_buckets() {
    let Some(root) = samples() else { return };
    let place = Place::new();
    for name in [
        "x64-5.3.28/h-plain-le",
        "x86-3.2.9/h-dup-be",
        "x64-3.0.55/h-plain-le",
    ] {
        let path = root.join(format!("{name}.db"));
        let mut bytes = std::fs::read(path).unwrap();
        forget_the_function(&mut bytes);
        // And a key that is elsewhere than the default function has it: if not,
        // that one it would be.
        let found = read(&bytes);
        let key = found[0].0.as_slice();
        let at = bytes.windows(key.len()).position(|bytes| bytes == key);
        bytes[at.unwrap() + key.len() - 1] ^= 1;
        let source = place.file("source.db", bytes);
        let target = place.path("new.db");
        let lines = made("convert", &["--lorder", "be"], &[&source, &target]);
        assert!(
            lines.contains("every key is in the bucket it was in"),
            "{lines}"
        );
        sound_but_for_order(&target);
        assert!(dump(&target) == dump(&source), "{name}");
        let lines = made("convert", &["--kind", "btree"], &[&source, &target]);
        assert!(
            lines.contains("the new database does not use it"),
            "{lines}"
        );
        sound(&target);
        let lines = made("rebuild", &[], &[&source, &target]);
        assert!(
            lines.contains("every key is in the bucket it was in"),
            "{lines}"
        );
    }
}

// A damaged test value made a new file that the real library does not open.
#[test]
fn keys_that_are_where_the_default_function_has_them_are_hashed_by_it() {
    let Some(root) = samples() else { return };
    let place = Place::new();
    for name in [
        "x64-5.3.28/h-plain-le",
        "x86-3.2.9/h-dup-be",
        "x64-3.0.55/h-plain-le",
    ] {
        let mut bytes = std::fs::read(root.join(format!("{name}.db"))).unwrap();
        let mut expected = read(&bytes);
        forget_the_function(&mut bytes);
        let source = place.file("source.db", bytes);
        let target = place.path("new.db");
        for command in ["convert", "rebuild"] {
            let lines = made(command, &[], &[&source, &target]);
            assert!(!lines.contains("in the bucket it was in"), "{lines}");
            sound(&target);
            let mut found = read(&std::fs::read(&target).unwrap());
            expected.sort();
            found.sort();
            assert!(found == expected, "{name}");
        }
    }
}

/// The records of a file.
fn read(bytes: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let file = DatabaseFile::open(MemorySource::new("file", bytes.to_vec())).unwrap();
    let database = file.database();
    let records = database.records().map(Result::unwrap);
    records.map(|record| (record.key, record.value)).collect()
}

/// Makes the test value of a hash database one of no known function.
fn forget_the_function(bytes: &mut [u8]) {
    let value = bdbfile::layout::default_charkey();
    // It is there in either byte order.
    let at = (0..512)
        .find(|at| {
            let field = &bytes[*at..*at + 4];
            field == value.to_le_bytes() || field == value.to_be_bytes()
        })
        .unwrap();
    bytes[at] ^= 0x55;
}

#[test]
fn numbers_are_kept() {
    let place = Place::new();
    let (source, target) = (place.path("source.db"), place.path("new.db"));
    for header in [
        "type=recno\n",
        "type=queue\nre_len=2\n",
        "type=queue\nre_len=2\nextentsize=3\n",
    ] {
        // As the real library lays them out.
        let text = format!(
            "VERSION=3\nformat=bytevalue\n{header}db_pagesize=512\nkeys=1\nHEADER=END\n 35\n 6161\n 3430\n 6262\nDATA=END\n"
        );
        let text = place.file("text", text);
        for old in std::iter::once("source.db".to_owned()).chain(
            place
                .names()
                .into_iter()
                .filter(|name| name.starts_with("__dbq")),
        ) {
            let _ = std::fs::remove_file(place.path(&old));
        }
        let args = [Path::new("-f"), text.as_path(), source.as_path()];
        let Some(loaded) = support::libdb_tool("db5.3_load", &args) else {
            return;
        };
        assert!(loaded.status.success());
        for options in [&[][..], &["--kind", "recno"], &["--kind", "btree"]] {
            let lines = made("convert", options, &[&source, &target]);
            assert_eq!(
                lines.contains("extent files"),
                header.contains("extentsize"),
                "{lines}"
            );
            assert!(
                records(&dump(&target)) == records(&dump(&source)),
                "{header} {options:?}"
            );
            sound(&target);
        }
    }
}

#[test]
fn the_number_of_threads_does_not_show() {
    let place = Place::new();
    // Several pieces of 16 MiB: every tenth key has duplicates.
    let mut text = b"VERSION=3\nformat=print\ntype=btree\nduplicates=1\nHEADER=END\n".to_vec();
    for number in 0..120_000_u32 {
        // One key has very many.
        let copies = match number {
            60_000 => 20_000,
            _ if number % 10 == 0 => 12,
            _ => 1,
        };
        for copy in 0..copies {
            let value = "v".repeat(200 + (number % 97) as usize);
            text.extend(format!(" {number:09}\n {copy}{value}\n").bytes());
        }
    }
    text.extend(b"DATA=END\n");
    let text = place.file("text", text);
    let source = place.path("source.db");
    let text_option = text.display().to_string();
    made("load", &["-f", &text_option], &[&source]);
    let before = dump(&source);
    for kind in ["btree", "hash"] {
        let source = if kind == "hash" {
            let hash = place.path("hash.db");
            made("convert", &["--kind", "hash"], &[&source, &hash]);
            hash
        } else {
            source.clone()
        };
        let target = place.path("new.db");
        let mut first: Option<Vec<u8>> = None;
        for threads in ["1", "2", "16"] {
            let options = ["--threads", threads, "--file-id", ID, "--lorder", "be"];
            made("convert", &options, &[&source, &target]);
            let bytes = std::fs::read(&target).unwrap();
            assert!(bytes.len() > 32 << 20);
            match &first {
                None => first = Some(bytes),
                Some(first) => assert!(bytes == *first, "{kind}, {threads} threads"),
            }
        }
        sound(&target);
        assert!(records(&dump(&target)) == records(&before), "{kind}");
    }
    // Nor does the memory of the sort.
    let target = place.path("sorted.db");
    let mut first: Option<Vec<u8>> = None;
    for memory in ["1M", "1G"] {
        let options = ["--kind", "hash", "--memory", memory, "--file-id", ID];
        made("convert", &options, &[&source, &target]);
        let bytes = std::fs::read(&target).unwrap();
        match &first {
            None => first = Some(bytes),
            Some(first) => assert!(bytes == *first),
        }
    }
}

#[test]
fn what_cannot_be() {
    let place = Place::new();
    let source = testdata("composed-be/ics50events.db");
    let target = place.path("new.db");
    for (options, message) in [
        (
            &["--format-version", "7"][..],
            "btrees are written in version 9 or 8, not 7",
        ),
        (
            &["--format-version", "8", "--checksums"],
            "the version of the format that is asked for has no checksums",
        ),
        (&["--kind", "recno"], "is not the number of a record"),
        (
            &["--kind", "queue"],
            "--kind: a queue is written as it was read",
        ),
        (
            &["--page-size", "1000"],
            "--page-size: '1000' is not a power of two",
        ),
        (
            &["--threads", "0"],
            "--threads: '0' is not a number of threads",
        ),
        (&["--file-id", "00"], "--file-id: '00' is not 40 hex digits"),
        (
            &["--lorder", "middle"],
            "--lorder: 'middle' is not le or be",
        ),
        (
            &["--memory", "much"],
            "--memory: 'much' is not a number of bytes",
        ),
        (&["--checksums", "--no-checksums"], "exclude each other"),
    ] {
        let mut args = vec!["convert".as_ref()];
        args.extend(options.iter().map(std::ffi::OsStr::new));
        args.extend([source.as_os_str(), target.as_os_str()]);
        let found = refused(&args);
        assert!(found.contains(message), "{found}");
        assert!(place.names().is_empty());
    }
}
