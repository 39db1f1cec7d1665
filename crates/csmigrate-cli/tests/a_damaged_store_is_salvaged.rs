//! What is left of a damaged store is listed record by record, and published
//! when that is asked for and never without.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use support::contents::{Contents, Stored, contents, counted};
use support::{
    changed, csmigrate, explained, fails, listing, log, names, run, sandbox_with, stderr, succeeds,
};

const EVENTS: &str = "ics50events.db";
const SALVAGE: &[&str] = &["--ignore-logs", "--salvage", "old", "new"];
const PUBLISH: &[&str] = &[
    "--ignore-logs",
    "--salvage",
    "--publish-salvaged",
    "old",
    "new",
];
const PAGE_TYPE: usize = 25;
const INTERNAL: u8 = 3;
const LEAF: u8 = 5;
const OVERFLOW: u8 = 7;

/// Fills a page of a file with zeros.
fn zero(dir: &Path, name: &str, was: &Contents, page: usize) {
    let mut bytes = fs::read(dir.join("old").join(name)).unwrap();
    let from = page * was.page_size;
    bytes[from..from + was.page_size].fill(0);
    fs::write(dir.join("old").join(name), bytes).unwrap();
}

/// The pages of a type, in their order.
fn pages_of(was: &Contents, page_type: u8) -> Vec<usize> {
    let pages = was.bytes.chunks(was.page_size).enumerate();
    let of_type = pages.filter(|(_, page)| page[PAGE_TYPE] == page_type);
    of_type.map(|(number, _)| number).collect()
}

/// Lines of the listing of the last run that begin with a word and a file,
/// without those.
fn listed(dir: &Path, word: &str, file: &str) -> Vec<String> {
    let text = fs::read_to_string(dir.join("logs/csmigrateSalvage.log")).unwrap();
    let begin = format!("{word} {file} ");
    let lines = text.lines().filter_map(|line| line.strip_prefix(&begin));
    lines.map(str::to_owned).collect()
}

/// `page P slot S` of each.
fn places(lines: &[String]) -> BTreeSet<String> {
    let place = |line: &String| line.split(' ').take(4).collect::<Vec<_>>().join(" ");
    lines.iter().map(place).collect()
}

/// Runs the command on a store, some pages of one file zeros, each way, and
/// checks that exactly the records on the other pages are saved, and `lost`
/// lines there are for the rest that something is left of.
fn zeroed(sample: &str, choose: impl Fn(&Contents) -> usize) {
    let sandbox = sandbox_with(sample);
    let dir = sandbox.path();
    let sound = contents(&dir.join("old"));
    let was = &sound[std::ffi::OsStr::new(EVENTS)];
    let page = choose(was);
    zero(dir, EVENTS, was, page);
    let source = listing(&dir.join("old"));

    // A dry run writes nothing but logs.
    let message = fails(dir, ["-d", "--ignore-logs", "--salvage", "old", "new"]);
    assert!(message.contains("nothing was published"), "{message}");
    assert_eq!(names(dir), ["logs", "old"]);
    assert!(changed(&source, &dir.join("old")).is_empty());
    let dry = fs::read_to_string(dir.join("logs/csmigrateSalvage.log")).unwrap();
    fs::remove_file(dir.join("logs/csmigrateSalvage.log")).unwrap();

    let refused = fails(dir, ["--ignore-logs", "old", "new"]);
    assert!(refused.contains(EVENTS), "{refused}");
    assert!(refused.contains("--salvage"), "{refused}");

    let message = fails(dir, SALVAGE);
    assert!(message.contains("nothing was published"), "{message}");
    assert!(message.contains("add --publish-salvaged"), "{message}");
    assert_eq!(names(dir), ["logs", "old"]);
    let changes = changed(&source, &dir.join("old"));
    let backup = |line: &String| line.starts_with("+ ./backup");
    assert!(changes.iter().all(backup), "{changes:?}");

    let mut whole = BTreeSet::new();
    let mut kept = Vec::new();
    let mut cut = 0;
    for record in &was.records {
        if record.page as usize == page {
            continue;
        }
        // A chain that is cut can be told by the pages: what a chain of
        // several pages has on this one is missing.
        let place = format!("page {} slot {}", record.page, record.slot);
        if was.page_type(page) == OVERFLOW
            && chain_of(was, record.page, record.slot).contains(&page)
        {
            cut += 1;
            assert!(places(&listed(dir, "lost", EVENTS)).contains(&place));
            continue;
        }
        whole.insert(place);
        kept.push(&record.pair);
    }
    let saved = listed(dir, "saved", EVENTS);
    assert_eq!(saved.len(), whole.len());
    assert_eq!(places(&saved), whole);
    assert_eq!(listed(dir, "lost", EVENTS).len(), cut);
    let damage = listed(dir, "damage", EVENTS);
    assert!(
        damage
            .iter()
            .any(|line| line.contains(&format!("page {page}: the whole page")))
    );
    // The dry run listed the same.
    let lines = |text: &str| {
        let lines = text.lines().filter(|line| !line.contains('['));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let now = fs::read_to_string(dir.join("logs/csmigrateSalvage.log")).unwrap();
    assert_eq!(lines(&dry), lines(&now));

    let message = fails(dir, PUBLISH);
    assert!(
        message.contains("published what could be saved"),
        "{message}"
    );
    let said = format!(
        "{} records are saved and {cut} are known to be lost",
        kept.len()
    );
    assert!(message.contains(&said), "{message}");
    let new = contents(&dir.join("new"));
    for (name, was) in &sound {
        let now = counted(new[name].records.iter().map(|one| &one.pair));
        if name == EVENTS {
            assert_eq!(now, counted(kept.iter().copied()));
        } else {
            assert_eq!(now, counted(was.records.iter().map(|one| &one.pair)));
        }
    }
    // Nothing of the run is left beside the target, and the log is whole.
    assert_eq!(names(dir), ["logs", "new", "old"]);
    assert!(log(dir).trim_end().ends_with("failed, exit status 255"));
    let again = fails(dir, PUBLISH);
    assert!(again.contains("is not empty"), "{again}");
}

/// The pages of the overflow chain that a datum of a leaf is in; none if it
/// is in the page.
fn chain_of(was: &Contents, page: u32, slot: u16) -> Vec<usize> {
    // The sample stores are of either order; the first page number says which.
    let little = u32::from_le_bytes(was.bytes[12..16].try_into().unwrap()) == 0x0005_3162;
    let short = |at: usize| {
        let bytes = was.bytes[at..at + 2].try_into().unwrap();
        usize::from(if little {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        })
    };
    let long = |at: usize| {
        let bytes = was.bytes[at..at + 4].try_into().unwrap();
        (if little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        }) as usize
    };
    let from = page as usize * was.page_size;
    let item = from + short(from + 26 + 2 * usize::from(slot));
    let mut pages = Vec::new();
    if was.bytes[item + 2] & 0x7f == 3 {
        let mut next = long(item + 4);
        while next != 0 {
            pages.push(next);
            next = long(next * was.page_size + 16);
        }
    }
    pages
}

#[test]
fn a_store_without_one_metadata_page() {
    zeroed("composed-le", |_| 0);
    zeroed("composed-be", |_| 0);
}

#[test]
fn a_store_without_one_root() {
    zeroed("composed-le", |_| 1);
    zeroed("composed-be", |was| pages_of(was, INTERNAL)[0]);
}

#[test]
fn a_store_without_one_leaf() {
    zeroed("composed-le", |was| pages_of(was, LEAF)[3]);
    zeroed("composed-be", |was| *pages_of(was, LEAF).last().unwrap());
}

#[test]
fn a_store_without_one_overflow_page() {
    zeroed("composed-le", |was| pages_of(was, OVERFLOW)[1]);
    zeroed("composed-be", |was| pages_of(was, OVERFLOW)[7]);
}

/// Several files, and one of which nothing is left: all are listed, and the
/// run is refused.
#[test]
fn a_file_of_which_nothing_is_left_is_named_and_never_dropped() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    let sound = contents(&dir.join("old"));
    let of = |name: &str| &sound[std::ffi::OsStr::new(name)];
    zero(dir, EVENTS, of(EVENTS), 0);
    zero(dir, "ics50gse.db", of("ics50gse.db"), 0);
    fs::write(dir.join("old/ics50todos.db"), "").unwrap();
    for args in [SALVAGE, PUBLISH] {
        let message = fails(dir, args);
        assert!(
            message.contains("ics50todos.db: nothing can be saved of it"),
            "{message}"
        );
        assert!(!dir.join("new").exists());
        for name in [EVENTS, "ics50gse.db"] {
            assert_eq!(listed(dir, "saved", name).len() % of(name).records.len(), 0);
            assert!(!listed(dir, "saved", name).is_empty());
        }
        let text = fs::read_to_string(dir.join("logs/csmigrateSalvage.log")).unwrap();
        assert!(
            text.contains("lost ics50todos.db: nothing can be saved"),
            "{text}"
        );
    }
    // Out of the way, the rest is published.
    fs::rename(dir.join("old/ics50todos.db"), dir.join("empty")).unwrap();
    fs::remove_dir_all(dir.join("old/backup")).unwrap();
    let message = fails(dir, PUBLISH);
    assert!(
        message.contains("published what could be saved"),
        "{message}"
    );
    let mut there = BTreeMap::new();
    for (name, now) in contents(&dir.join("new")) {
        there.insert(name.clone(), now.records.len());
    }
    assert!(!there.contains_key(std::ffi::OsStr::new("ics50todos.db")));
    for (name, count) in there {
        assert_eq!(count, sound[&name].records.len(), "{}", name.display());
    }
}

/// Two pages say different things of one key: both are kept, and it is told.
#[test]
fn two_data_for_one_key_are_both_kept_and_told() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    let sound = contents(&dir.join("old"));
    let was = &sound[std::ffi::OsStr::new(EVENTS)];
    let leaves = pages_of(was, LEAF);
    let page_size = was.page_size;
    let (from, to) = (leaves[2] * page_size, leaves[3] * page_size);
    let mut bytes = was.bytes.clone();
    bytes.copy_within(from..from + page_size, to);
    // A copy that says it stands where it does, with another byte in the
    // middle of a datum.
    bytes[to + 8..to + 12].copy_from_slice(&u32::try_from(leaves[3]).unwrap().to_le_bytes());
    let on_page =
        |one: &&Stored| one.page as usize == leaves[2] && one.pair.1.len() < page_size / 4;
    let datum = &was.records.iter().find(on_page).unwrap().pair.1;
    let mut places = was.bytes[from..from + page_size].windows(datum.len());
    let place = places.position(|bytes| bytes == datum.as_slice()).unwrap();
    bytes[to + place + datum.len() / 2] ^= 1;
    fs::write(dir.join("old").join(EVENTS), &bytes).unwrap();
    let output = run(dir, PUBLISH);
    let message = explained(&output);
    assert!(
        message.contains("published what could be saved"),
        "{message}"
    );
    let screen = String::from_utf8(output.stdout).unwrap();
    assert!(screen.contains("allows duplicates now"), "{screen}");
    let new = contents(&dir.join("new"));
    let now = &new[std::ffi::OsStr::new(EVENTS)];
    let pairs = counted(now.records.iter().map(|one| &one.pair));
    let left = was
        .records
        .iter()
        .filter(|one| one.page as usize != leaves[3]);
    for record in left {
        assert!(pairs.contains_key(&record.pair));
    }
    assert_eq!(now.records.len(), listed(dir, "saved", EVENTS).len());
}

#[test]
fn a_store_without_damage_is_migrated_as_ever() {
    let sandbox = sandbox_with("composed-be");
    let dir = sandbox.path();
    succeeds(dir, ["-d", "--salvage", "old", "new"]);
    succeeds(dir, ["--salvage", "old", "new"]);
    assert!(!dir.join("logs/csmigrateSalvage.log").exists());
    let (old, new) = (contents(&dir.join("old")), contents(&dir.join("new")));
    for (name, was) in old {
        let now = counted(new[&name].records.iter().map(|one| &one.pair));
        assert_eq!(now, counted(was.records.iter().map(|one| &one.pair)));
    }
}

#[test]
fn what_is_salvaged_is_no_reason_to_ignore_logs() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    let sound = contents(&dir.join("old"));
    zero(dir, EVENTS, &sound[std::ffi::OsStr::new(EVENTS)], 0);
    // A process that never left.
    let region = dir.join("old/__db.001");
    let mut bytes = fs::read(&region).unwrap();
    bytes[56] = 2;
    fs::write(&region, bytes).unwrap();
    let mut command = csmigrate(dir, ["--salvage", "--publish-salvaged", "old", "new"]);
    let output = command.output().unwrap();
    let text = stderr(&output);
    assert!(text.contains("was not cleanly shut down"), "{text}");
    assert!(!dir.join("new").exists());
}

/// A run that ends between publishing and forgetting that it did: the next
/// looks at all of it again, and comes to the same end.
#[test]
fn an_interrupted_run_is_brought_to_its_end() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    let sound = contents(&dir.join("old"));
    zero(dir, EVENTS, &sound[std::ffi::OsStr::new(EVENTS)], 0);
    let published = fails(dir, PUBLISH);
    // What the run forgot at its end: the marker beside the target.
    fs::remove_dir_all(dir.join("new")).unwrap();
    if !interrupted(dir) {
        println!("skipped: there is no strace here");
        return;
    }
    assert!(dir.join("new").join(EVENTS).exists());
    let again = fails(dir, PUBLISH);
    assert_eq!(again, published);
    assert!(log(dir).contains("was in place already"));
    assert_eq!(names(dir), ["logs", "new", "old"]);
    assert!(fails(dir, PUBLISH).contains("is not empty"));
}

/// Runs the command and kills it when it is about to remove its marker: the
/// second time, for it does so at its beginning too.
fn interrupted(dir: &Path) -> bool {
    let command = csmigrate(dir, PUBLISH);
    let mut traced = std::process::Command::new("strace");
    traced
        .arg("-P")
        .arg(dir.join(".new.csmigrate-staging-published"))
        .args(["-f", "-qq", "-o", "/dev/null"])
        .args(["-e", "trace=unlink,unlinkat"])
        .args(["-e", "inject=unlink,unlinkat:signal=KILL:when=2"])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(dir);
    let Ok(output) = traced.output() else {
        return false;
    };
    assert_ne!(output.status.code(), Some(255), "{}", stderr(&output));
    true
}
