//! A rebuilt file has every record that salvage finds whole.

mod support;
#[path = "support/writing.rs"]
mod writing;

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use support::{bdbfile, complaint, samples, testdata};
use writing::{Place, dump, made, records, sound};

const ID: &str = "000102030405060708090a0b0c0d0e0f10111213";

/// Records as a multiset.
fn counted(dump: &[u8]) -> HashMap<(Vec<u8>, Vec<u8>), usize> {
    let mut counted = HashMap::new();
    for record in records(dump) {
        *counted.entry(record).or_default() += 1;
    }
    counted
}

fn rebuild(source: &Path, target: &Path) -> std::process::Output {
    let _ = fs::remove_file(target);
    bdbfile(&[
        OsStr::new("rebuild"),
        source.as_os_str(),
        target.as_os_str(),
    ])
}

#[test]
fn a_sound_file_is_rebuilt_as_it_is_converted() {
    let place = Place::new();
    let mut files = vec![
        testdata("composed-be/ics50events.db"),
        testdata("composed-be/ics50deletelog.db"),
        testdata("composed-be/ics50journals.db"),
    ];
    if let Some(root) = samples() {
        for name in [
            "bt-offdup",
            "h-dup",
            "rn-var",
            "q-fix",
            "subdb",
            "bt-recnum",
        ] {
            files.push(root.join(format!("x64-5.3.28/{name}-be.db")));
        }
    }
    for file in files {
        let (one, other) = (place.path("rebuilt.db"), place.path("converted.db"));
        let options = ["--file-id", ID, "--lorder", "be"];
        made("rebuild", &options, &[&file, &one]);
        made("convert", &options, &[&file, &other]);
        assert!(
            fs::read(&one).unwrap() == fs::read(&other).unwrap(),
            "{}",
            file.display()
        );
    }
}

#[test]
fn what_is_whole_of_a_damaged_file_is_kept() {
    let place = Place::new();
    let mut files = vec![
        testdata("composed-be/ics50events.db"),
        testdata("composed-be/ics50deletelog.db"),
        testdata("composed-le/ics50todos.db"),
    ];
    if let Some(root) = samples() {
        for name in [
            "bt-offdupsort",
            "bt-plain",
            "h-plain",
            "h-dup",
            "h-ovfl",
            "rn-var",
            "rn-fix",
            "q-fix",
            "subdb",
        ] {
            files.push(root.join(format!("x64-5.3.28/{name}-be.db")));
        }
    }
    let (source, target) = (place.path("damaged.db"), place.path("new.db"));
    for file in files {
        let whole = fs::read(&file).unwrap();
        let page = usize::try_from(u32::from_be_bytes(whole[20..24].try_into().unwrap())).unwrap();
        let page = if page.is_power_of_two() && page <= 65536 {
            page
        } else {
            4096
        };
        let pages = whole.len() / page;
        // The metadata page, a page in the middle, every seventh.
        for damage in [
            &[0][..],
            &[pages / 2],
            &(1..pages).step_by(7).collect::<Vec<_>>(),
        ] {
            let mut bytes = whole.clone();
            for index in damage {
                bytes[index * page + 8..(index + 1) * page].fill(0xaa);
            }
            fs::write(&source, bytes).unwrap();
            let name = file.display();
            let output = rebuild(&source, &target);
            assert!(target.exists(), "{name}: {}", complaint(&output));
            let salvaged = bdbfile(&[OsStr::new("salvage"), source.as_os_str()]);
            assert_eq!(output.status.code(), salvaged.status.code(), "{name}");
            sound(&target);
            let text = String::from_utf8_lossy(&salvaged.stdout).into_owned();
            let values = |text: &str| {
                // Without keys the values alone.
                let lines = text.lines().filter(|line| line.starts_with(' '));
                let mut lines: Vec<String> = lines.map(str::to_owned).collect();
                lines.sort();
                lines
            };
            let keyed = text.contains("keys=1")
                || !text.contains("type=recno") && !text.contains("type=queue");
            if keyed && !text.contains("numbered") {
                let left = counted(text.as_bytes());
                assert!(counted(&dump(&target)) == left, "{name} {damage:?}");
            } else {
                let dumped =
                    String::from_utf8(bdbfile(&[OsStr::new("dump"), target.as_os_str()]).stdout)
                        .unwrap();
                assert!(values(&dumped) == values(&text), "{name} {damage:?}");
            }
        }
    }
}
