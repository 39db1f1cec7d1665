//! What is written appears whole or not at all, and never over anything.

mod support;
#[path = "support/writing.rs"]
mod writing;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use support::{BDBFILE, bdbfile, complaint, set_mode, testdata};
use writing::{Place, dump, made, records, refused, sound};

#[test]
fn what_is_there_is_left_alone() {
    let place = Place::new();
    let source = place.path("source.db");
    fs::copy(testdata("composed-be/ics50events.db"), &source).unwrap();
    let bytes = fs::read(&source).unwrap();
    let other = place.file("other.db", "mine");
    let link = place.path("link.db");
    std::os::unix::fs::symlink("source.db", &link).unwrap();
    let names = place.names();
    let there = "there is a file of this name, and none is overwritten";
    for command in ["convert", "rebuild"] {
        for (target, message) in [
            (&source, "this is the file that is read"),
            (&link, "this is the file that is read"),
            (&other, there),
        ] {
            let args = [OsStr::new(command), source.as_os_str(), target.as_os_str()];
            let found = refused(&args);
            assert_eq!(found, format!("{}: {message}", target.display()));
        }
    }
    let args = [OsStr::new("load"), other.as_os_str()];
    assert!(refused(&args).ends_with(there));
    let args = [
        "load",
        "-f",
        &source.display().to_string(),
        &source.display().to_string(),
    ];
    assert!(refused(&args.map(OsStr::new)).ends_with("this is the file that is read"));
    assert_eq!(fs::read(&source).unwrap(), bytes);
    assert_eq!(fs::read(&other).unwrap(), b"mine");
    assert_eq!(place.names(), names);
}

#[test]
fn an_error_on_the_way_leaves_nothing() {
    let place = Place::new();
    let mut bytes = fs::read(testdata("composed-be/ics50events.db")).unwrap();
    let leaf = (1..132).rfind(|page| bytes[page * 4096 + 25] == 5).unwrap();
    bytes[leaf * 4096..(leaf + 1) * 4096].fill(0);
    let source = place.file("damaged.db", bytes);
    let target = place.path("new.db");
    let args = [
        OsStr::new("convert"),
        source.as_os_str(),
        target.as_os_str(),
    ];
    assert!(refused(&args).contains("the whole page is zeros"));
    assert_eq!(place.names(), ["damaged.db"]);
    let text = place.file(
        "text",
        "VERSION=3\ntype=btree\nHEADER=END\n 61\n 62\n 6\nDATA=END\n",
    );
    let args = [
        OsStr::new("load"),
        OsStr::new("-f"),
        text.as_os_str(),
        target.as_os_str(),
    ];
    assert!(refused(&args).ends_with("line 6: an odd number of hex digits"));
    assert_eq!(place.names(), ["damaged.db", "text"]);
    // A directory that takes no file.
    let closed = place.path("closed");
    fs::create_dir(&closed).unwrap();
    set_mode(&closed, 0o500);
    let sound = testdata("composed-be/ics50events.db");
    let inside = closed.join("new.db");
    let args = [OsStr::new("convert"), sound.as_os_str(), inside.as_os_str()];
    let output = bdbfile(&args);
    set_mode(&closed, 0o700);
    // The superuser may write anywhere.
    if !output.status.success() {
        assert!(complaint(&output).contains("cannot make the file"));
        assert!(fs::read_dir(&closed).unwrap().next().is_none());
    }
}

#[test]
fn a_killed_run_leaves_nothing_or_all() {
    let place = Place::new();
    let mut text = b"VERSION=3\nformat=print\ntype=btree\nHEADER=END\n".to_vec();
    for number in 0..60_000_u32 {
        text.extend(format!(" {number:09}\n {}\n", "v".repeat(400)).bytes());
    }
    text.extend(b"DATA=END\n");
    let text = place.file("text", text).display().to_string();
    let source = place.path("source.db");
    made("load", &["-f", &text], &[&source]);
    let before = records(&dump(&source));
    let (mut killed, mut finished) = (0, 0);
    for wait in (0..60).map(|step| step * step / 4) {
        let target = place.path("new.db");
        let _ = fs::remove_file(&target);
        let mut child = Command::new(BDBFILE)
            .args([
                OsStr::new("convert"),
                OsStr::new("--kind"),
                OsStr::new("hash"),
            ])
            .args([source.as_os_str(), target.as_os_str()])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        // It may have ended by itself.
        let _ = child.kill();
        child.wait().unwrap();
        if target.exists() {
            finished += 1;
            assert!(records(&dump(&target)) == before);
            if finished == 3 {
                break;
            }
        } else {
            killed += 1;
        }
        // A file system without files that have no name keeps one of ours.
        let ours = place
            .names()
            .into_iter()
            .filter(|name| !name.starts_with(".bdbfile-"));
        let ours: Vec<String> = ours.filter(|name| name != "new.db").collect();
        assert_eq!(ours, ["source.db", "text"]);
    }
    println!("{killed} killed, {finished} finished");
    assert!(killed > 0);
}

#[test]
fn the_new_file_is_as_private_as_its_source() {
    let place = Place::new();
    let source = place.path("source.db");
    fs::copy(testdata("composed-le/ics50gse.db"), &source).unwrap();
    set_mode(&source, 0o600);
    let target = place.path("new.db");
    made("convert", &[], &[&source, &target]);
    let mode = fs::metadata(&target).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    sound(&target);
}
