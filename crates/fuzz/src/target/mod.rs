//! What is done with an input, and what must hold of it.
//!
//! * [`mod@file`]: any bytes as a database file.
//! * [`fields`]: sound files with fields damaged by name, checksums right.
//! * [`store`]: a directory with databases, logs and the rest, migrated.
//! * [`lines`]: records and the version file.
//! * [`logs`]: log and region files, replayed.
//! * [`text`]: the text of `db_dump`, loaded.
//! * [`profile`]: a profile in TOML.

pub mod fields;
pub mod file;
pub mod lines;
pub mod logs;
pub mod profile;
pub mod store;
pub mod text;

use crate::cost::within_budget;

/// One way of being given bytes.
#[derive(Debug)]
pub struct Target {
    /// Its name: that of its program and of its directories.
    pub name: &'static str,
    /// What it takes, in words.
    pub takes: &'static str,
    /// The longest input that makes sense, in bytes.
    pub longest: usize,
    run: fn(&[u8]),
    seeds: fn() -> Vec<Vec<u8>>,
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target {
        name: "file",
        takes: "any bytes as a database file: open, walk, look up, verify, salvage, convert",
        longest: 1 << 16,
        run: file::run,
        seeds: file::seeds,
    },
    Target {
        name: "fields",
        takes: "sound files of every kind with fields damaged by name and checksums right",
        longest: 1 << 10,
        run: fields::run,
        seeds: fields::seeds,
    },
    Target {
        name: "store",
        takes: "a store directory: inspect, dry run, migrate",
        longest: 1 << 18,
        run: store::run,
        seeds: store::seeds,
    },
    Target {
        name: "lines",
        takes: "content lines, keys and ics50caldb.conf",
        longest: 1 << 12,
        run: lines::run,
        seeds: lines::seeds,
    },
    Target {
        name: "logs",
        takes: "log and region files beside database files: survey, journal, recovery",
        longest: 1 << 17,
        run: logs::run,
        seeds: logs::seeds,
    },
    Target {
        name: "text",
        takes: "the text of db_dump: load",
        longest: 1 << 14,
        run: text::run,
        seeds: text::seeds,
    },
    Target {
        name: "profile",
        takes: "a profile in TOML",
        longest: 1 << 12,
        run: profile::run,
        seeds: profile::seeds,
    },
];

impl Target {
    /// Runs an input.
    ///
    /// # Panics
    /// Where something does not hold that must, or it took more memory than
    /// its length allows.
    pub fn check(&self, input: &[u8]) {
        check(self.run, input);
    }

    /// Sound inputs to begin with, none too long.
    pub fn seeds(&self) -> Vec<Vec<u8>> {
        let mut seeds = (self.seeds)();
        seeds.retain(|seed| seed.len() <= self.longest);
        seeds
    }
}

/// Runs an input of a target by what the target does. A program that fuzzes one
/// target so holds the code of no other, whose counters it would have to look
/// through after each input.
///
/// # Panics
/// As [`Target::check`].
pub fn check(run: fn(&[u8]), input: &[u8]) {
    within_budget(input.len(), || run(input));
}

/// A message as an administrator sees it: one line, whatever the file holds.
///
/// # Panics
/// Where it is not.
fn one_line(message: &impl std::fmt::Display) {
    let text = message.to_string();
    assert!(!text.is_empty() && !text.contains('\n'), "{text:?}");
}
