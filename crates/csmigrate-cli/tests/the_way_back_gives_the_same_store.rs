//! `docs/rollback.md` says how to go back after a migration. Its commands are
//! run as they stand there, and what comes of them is the store that was.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use support::{Entry, changed, flip, is_root, listing, names, records, sandbox, set_mode};

/// Where the page puts its example; the tests have another place.
const PRODUCT: &str = "/var/opt/SUNWics5";
const LOGS: &str = "/var/tmp";

/// What is done whichever way is taken, by the headings of the page, and what
/// is one way or the other.
const NAMES: &str = "The names used here";
const ASIDE: &str = "1. Stop the server and set the new store aside";
const WAYS: [&str; 2] = ["From the backup", "From the old directory"];
const CHECK: &str = "3. Check it, before the server starts";
const START: &str = "4. Start the old server";

/// The commands of the page, by the heading they stand under.
fn commands() -> BTreeMap<String, String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rollback.md");
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    let (mut heading, mut inside) = (String::new(), false);
    for line in fs::read_to_string(page).unwrap().lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            _ if inside => {
                let block = all.entry(heading.clone()).or_default();
                block.push_str(line);
                block.push('\n');
            }
            _ if line.starts_with('#') => {
                line.trim_start_matches('#').trim().clone_into(&mut heading);
            }
            _ => {}
        }
    }
    all
}

/// A machine with a migrated store, below a directory.
struct Site {
    dir: tempfile::TempDir,
}

impl Site {
    /// Migrates as the guide of 6.3 says: the content of `csdb` is moved to
    /// `oldcsdb`, and migrated into the empty `csdb`.
    fn migrated() -> Self {
        let site = Self { dir: sandbox() };
        let dir = site.dir.path();
        support::copy_dir(&support::testdata().join("composed-be"), &dir.join("csdb"));
        fs::create_dir(dir.join("csdb/ldap_cache")).unwrap();
        fs::write(dir.join("csdb/ldap_cache/entry"), "cached").unwrap();
        for command in ["stop-cal", "start-cal"] {
            fs::create_dir_all(dir.join("bin")).unwrap();
            fs::write(
                dir.join("bin").join(command),
                format!("#!/bin/sh\necho {command} >>'{}/calls'\n", dir.display()),
            )
            .unwrap();
            set_mode(&dir.join("bin").join(command), 0o755);
        }
        // No two files alike, and no time that a copy could have by chance.
        for (number, name) in (0_u32..).zip(names(&dir.join("csdb"))) {
            let path = dir.join("csdb").join(name);
            if !path.is_file() {
                continue;
            }
            let at = Duration::new(
                1_200_000_000 + 1000 * u64::from(number),
                123_456_700 + number,
            );
            let file = File::options().append(true).open(&path).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + at).unwrap();
            if is_root() {
                chown(&path, Some(12345), Some(4711 + number % 3)).unwrap();
            }
            set_mode(&path, [0o640, 0o600, 0o664][number as usize % 3]);
        }
        set_mode(&dir.join("csdb"), 0o2750);
        if !is_root() {
            println!("skipped: owners, which only root can give");
        }
        site.must("mkdir oldcsdb; mv csdb/* oldcsdb");
        site
    }

    /// Runs commands in a shell.
    fn run(&self, script: &str) -> Output {
        let dir = self.dir.path();
        let bin = Path::new(support::CSMIGRATE).parent().unwrap();
        let path = format!(
            "{}:{}:{}",
            dir.join("bin").display(),
            bin.display(),
            std::env::var("PATH").unwrap()
        );
        Command::new("sh")
            .args(["-euc", script])
            .env("PATH", path)
            .current_dir(dir)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Runs commands that must succeed without a complaint; what they print.
    #[track_caller]
    fn must(&self, script: &str) -> String {
        let output = self.run(script);
        assert!(
            output.status.success(),
            "{script}\n{}",
            support::stderr(&output)
        );
        assert_eq!(support::stderr(&output), "", "{script}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs commands of the page, its names in front.
    #[track_caller]
    fn as_the_page_says(&self, heading: &str) -> String {
        let commands = commands();
        let place = self.dir.path().to_str().unwrap();
        let script = format!("{}{}", commands[NAMES], commands[heading]);
        self.must(&script.replace(PRODUCT, place).replace(LOGS, place))
    }

    /// The files of the store in a directory, but for where they are.
    fn store(&self, dir: &str) -> BTreeMap<OsString, Entry> {
        let dir = self.dir.path().join(dir);
        let mut store = BTreeMap::new();
        for (path, entry) in listing(&dir) {
            let name = path.file_name().unwrap_or_default().to_owned();
            let text = name.to_string_lossy();
            let belongs = text.starts_with("ics50") || text.starts_with("log.");
            if belongs && path.components().count() == 2 {
                store.insert(name, Entry { inode: 0, ..entry });
            }
        }
        store
    }
}

/// The digests of databases in a text that has lines of a log.
fn digests(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter_map(|line| {
            let (before, after) = line.split_once(": digest ")?;
            let name = before.rsplit(' ').next()?;
            let digest = after.split(',').next()?;
            Some(format!("{name} {digest}"))
        })
        .collect()
}

#[test]
fn by_the_commands_of_the_page() {
    for way in WAYS {
        let site = Site::migrated();
        let dir = site.dir.path();
        let before = site.store("oldcsdb");
        assert_eq!(before.len(), 10, "{:?}", before.keys());
        let csdb = fs::metadata(dir.join("csdb")).unwrap();
        let contents = records(&dir.join("oldcsdb"));
        site.must("csmigrate -q -l max --log-dir . oldcsdb csdb; mv csmigrate.log migration.log");

        // The server of 6.3 has been at work.
        flip(&dir.join("csdb/ics50events.db"), 5000, 100);
        fs::write(dir.join("csdb/log.0000000001"), "of 6.3").unwrap();
        fs::write(dir.join("csdb/__db.001"), "of 6.3").unwrap();
        let new = site.store("csdb");
        let old = listing(&dir.join("oldcsdb"));

        assert_eq!(site.as_the_page_says(ASIDE), "");
        assert_eq!(site.must("ls -A csdb"), "");
        assert_eq!(site.store("csdb.migrated"), new);
        assert!(dir.join("csdb.migrated/__db.001").exists());

        assert_eq!(site.as_the_page_says(way), "");
        assert_eq!(site.store("csdb"), before, "{way}");
        let copied: BTreeSet<_> = names(&dir.join("csdb")).into_iter().collect();
        assert_eq!(copied, before.keys().cloned().collect());

        let told = site.as_the_page_says(CHECK);
        let migration = fs::read_to_string(dir.join("migration.log")).unwrap();
        assert_eq!(digests(&told), digests(&migration));
        assert_eq!(digests(&told).len(), 8, "{told}");
        assert_eq!(site.as_the_page_says(START), "");
        let calls = fs::read_to_string(dir.join("calls")).unwrap();
        assert_eq!(calls, "stop-cal\nstart-cal\n");

        // Nothing on the way changed the store that was put back, the
        // directory it is in, or the old one.
        assert_eq!(site.store("csdb"), before, "{way}");
        let now = fs::metadata(dir.join("csdb")).unwrap();
        assert_eq!(now.mode(), csdb.mode());
        assert_eq!((now.uid(), now.gid()), (csdb.uid(), csdb.gid()));
        assert_eq!(changed(&old, &dir.join("oldcsdb")), [""; 0]);

        // And it can be migrated as the first time.
        site.must("csmigrate -q --log-dir . csdb again");
        assert_eq!(records(&dir.join("again")), contents);
    }
}

/// A difference that the page's check would not show would be no check.
#[test]
fn and_a_store_that_is_not_the_same_is_told() {
    let site = Site::migrated();
    let dir = site.dir.path();
    site.must("csmigrate -q -l max --log-dir . oldcsdb csdb");
    site.as_the_page_says(ASIDE);
    site.as_the_page_says(WAYS[0]);
    let check = commands()[CHECK]
        .split("csmigrate")
        .next()
        .unwrap()
        .to_owned();
    let place = dir.to_str().unwrap();
    let script = format!("{}{check}", commands()[NAMES]).replace(PRODUCT, place);
    assert_eq!(site.must(&script), "");
    flip(&dir.join("csdb/ics50gse.db"), 5000, 1);
    let output = site.run(&script);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        told.contains("csdb/ics50gse.db") && told.contains("differ"),
        "{told}"
    );
    fs::remove_file(dir.join("csdb/log.0000000020")).unwrap();
    let output = site.run(&script.replace("cmp ", "cmp -s "));
    assert!(!output.status.success());
}

#[test]
fn no_command_of_the_page_is_left_out() {
    let known: BTreeSet<_> = [NAMES, ASIDE, CHECK, START]
        .into_iter()
        .chain(WAYS)
        .map(str::to_owned)
        .collect();
    assert_eq!(commands().into_keys().collect::<BTreeSet<_>>(), known);
}
