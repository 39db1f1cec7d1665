//! The text of `db_dump`, loaded by the program as an administrator has it
//! done. What it makes of a text it accepts is a clean file.

use std::ffi::OsString;
use std::fs;

use bdbfile::source::MemorySource;
use bdbfile::verify::verify;

use crate::scratch::in_empty_dir;
use crate::seed;

/// Options that change what is read.
const OPTIONS: [&[&str]; 8] = [
    &[],
    &["-n"],
    &["-T", "-t", "btree"],
    &["-T", "-t", "hash"],
    &["-T", "-t", "recno"],
    &["-c", "database=other"],
    &["-t", "hash"],
    &["-c", "db_pagesize=1024", "-c", "db_lorder=4321"],
];

/// Loads the text.
///
/// # Panics
/// Where something does not hold.
pub fn run(input: &[u8]) {
    let (options, text) = input.split_first().unwrap_or((&0, &[]));
    let options = OPTIONS[usize::from(*options) % OPTIONS.len()];
    in_empty_dir(|dir| {
        let (from, target) = (dir.join("text"), dir.join("new.db"));
        fs::write(&from, text).expect("the directory is ours");
        let mut args: Vec<OsString> = vec!["bdbfile".into(), "load".into()];
        args.extend(options.iter().map(OsString::from));
        args.extend(["-f".into(), from.into(), target.clone().into()]);
        let mut said = Vec::new();
        let _ = bdbfile_cli::run(&args, &mut said);
        if let Ok(bytes) = fs::read(&target) {
            let found = verify(MemorySource::new("new.db", bytes)).expect("it is in memory");
            assert!(found.is_clean(), "we wrote this: {:?}", found.findings);
        }
    });
}

/// Dumps of sound files of every kind, and lines without a header.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (number, one) in seed::databases().into_iter().enumerate() {
        in_empty_dir(|dir| {
            let file = dir.join("seed.db");
            fs::write(&file, &one.bytes).expect("the directory is ours");
            let mut args: Vec<OsString> = vec!["bdbfile".into(), "dump".into()];
            args.extend((number % 2 == 1).then(|| "-p".into()));
            args.push(file.into());
            let mut text = vec![0];
            let _ = bdbfile_cli::run(&args, &mut text);
            seeds.push(text);
        });
    }
    for options in 1..8 {
        seeds.push([&[options], &b"1\n one\\0a\n2\n two\n"[..]].concat());
    }
    seeds
}
