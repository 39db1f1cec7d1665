//! Damaged files of every kind, checksums right: where the real library accepts
//! one and reads it, we read the same records; where it refuses one, dies or
//! hangs, we name a rule that is broken.
//!
//! The library is asked in a process of its own, which works on copies and is
//! ended where it takes too long. The files are the same in every run;
//! `CSMIGRATE_DIFFERENTIAL` (a number) makes more, `ORACLE_SEED` others, and
//! `CSMIGRATE_CORPUS` (a directory) adds what a fuzzing of files came to.

mod support;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bdbfile::read::{Database as Read, DatabaseFile};
use bdbfile::source::MemorySource;
use bdbfile::verify::verify;
use fuzz::target::fields::damaged;
use oracle::{Database, DatabaseOptions, Method, Verify};
use support::chance::{Chance, number};

/// Damaged files, unless `CSMIGRATE_DIFFERENTIAL` says otherwise.
const CASES: u64 = 800;

/// Where the process that asks the library finds its files.
const DIR: &str = "CSMIGRATE_JUDGE_DIR";
/// The first file it is to judge.
const FROM: &str = "CSMIGRATE_JUDGE_FROM";

/// What the library has for a file; most are done in a millisecond or never.
const PATIENCE: Duration = Duration::from_secs(2);

/// The records of all databases of a file, in words that can be compared.
type Digest = String;

/// What the library made of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    Accepted(Digest),
    Refused(String),
    Died,
}

/// Puts a record into a digest.
fn add(hasher: &mut blake3::Hasher, key: &[u8], value: &[u8]) {
    for part in [key, value] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
}

// --- the library ------------------------------------------------------------

fn their_records(path: &Path, name: Option<String>) -> Result<(Option<Method>, Digest), String> {
    let text = |error: oracle::Error| error.to_string();
    let options = DatabaseOptions {
        name,
        ..DatabaseOptions::default()
    };
    let database = Database::open_read_only(None, path, &options).map_err(text)?;
    let method = database.method().map_err(text)?;
    let mut hasher = blake3::Hasher::new();
    let mut count = 0_u64;
    if matches!(method, Some(Method::Btree | Method::Hash)) {
        let mut records = database.read_all().map_err(text)?;
        if method == Some(Method::Hash) {
            records.sort();
        }
        for (key, value) in &records {
            add(&mut hasher, key, value);
            count += 1;
        }
    } else {
        for (number, value) in database.read_numbered().map_err(text)? {
            add(&mut hasher, &number.to_le_bytes(), &value);
            count += 1;
        }
    }
    database.close().map_err(text)?;
    Ok((method, format!("{count}:{}", hasher.finalize().to_hex())))
}

fn their_verdict(path: &Path) -> Result<Digest, String> {
    let text = |error: oracle::Error| error.to_string();
    Verify::default().run(path).map_err(text)?;
    let options = DatabaseOptions::default();
    let database = Database::open_read_only(None, path, &options).map_err(text)?;
    let names = database.subdatabases().map_err(text)?;
    database.close().map_err(text)?;
    if names.is_empty() {
        return their_records(path, None).map(|(_, digest)| digest);
    }
    let mut all = String::new();
    for name in names {
        let (_, digest) = their_records(path, Some(name.clone()))?;
        let _ = write!(all, "{name}={digest} ");
    }
    Ok(all)
}

/// What the process of its own does: a line for each file before it is judged,
/// and one after.
#[test]
#[ignore = "only as a process of its own"]
fn judge() {
    let Some(dir) = std::env::var_os(DIR).map(PathBuf::from) else {
        return;
    };
    let mut verdicts = File::options()
        .append(true)
        .open(dir.join("verdicts"))
        .unwrap();
    for index in number(FROM, 0).. {
        let path = dir.join(format!("{index}.db"));
        if !path.exists() {
            return;
        }
        verdicts
            .write_all(format!("{index} begun\n").as_bytes())
            .unwrap();
        let line = match their_verdict(&path) {
            Ok(digest) => format!("{index} accepted {digest}\n"),
            Err(why) => format!("{index} refused {}\n", why.replace('\n', " ")),
        };
        verdicts.write_all(line.as_bytes()).unwrap();
    }
}

/// What the library makes of each of the files `0.db`, `1.db`, ... of `dir`.
fn their_verdicts(dir: &Path, count: usize) -> Vec<Verdict> {
    let lines = dir.join("verdicts");
    fs::write(&lines, "").unwrap();
    let mut from = 0;
    while from < count {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "judge"])
            .env(DIR, dir)
            .env(FROM, from.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (mut known, mut since) = (0, Instant::now());
        loop {
            let ended = child.try_wait().unwrap().is_some();
            let len = fs::metadata(&lines).unwrap().len();
            if len != known {
                (known, since) = (len, Instant::now());
            }
            if ended {
                break;
            }
            if since.elapsed() > PATIENCE {
                child.kill().unwrap();
                child.wait().unwrap();
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        // The file that was begun last and has no verdict is what it died of.
        let text = fs::read_to_string(&lines).unwrap();
        let last = text.lines().last().expect("the process has begun");
        let (index, word) = last.split_once(' ').unwrap();
        from = index.parse::<usize>().unwrap() + 1;
        if word == "begun" {
            let mut lines = File::options().append(true).open(&lines).unwrap();
            writeln!(lines, "{index} died").unwrap();
        }
    }
    let text = fs::read_to_string(&lines).unwrap();
    let mut verdicts = Vec::new();
    for line in text.lines() {
        let (index, rest) = line.split_once(' ').unwrap();
        let verdict = match rest.split_once(' ') {
            Some(("accepted", digest)) => Verdict::Accepted(digest.to_owned()),
            Some(("refused", why)) => Verdict::Refused(why.to_owned()),
            _ if rest == "died" => Verdict::Died,
            _ => continue,
        };
        assert_eq!(index.parse::<usize>().unwrap(), verdicts.len());
        verdicts.push(verdict);
    }
    assert_eq!(verdicts.len(), count);
    verdicts
}

// --- ours -------------------------------------------------------------------

fn our_database(database: &Read<'_, MemorySource>) -> bdbfile::Result<Digest> {
    let mut records = Vec::new();
    for record in database.records() {
        let record = record?;
        let key = match record.number {
            Some(number) => number.to_le_bytes().to_vec(),
            None => record.key,
        };
        records.push((key, record.value));
    }
    if database.meta().hash().is_some() {
        records.sort();
    }
    let mut hasher = blake3::Hasher::new();
    for (key, value) in &records {
        add(&mut hasher, key, value);
    }
    Ok(format!("{}:{}", records.len(), hasher.finalize().to_hex()))
}

fn our_records(bytes: &[u8]) -> bdbfile::Result<Digest> {
    let file = DatabaseFile::open(MemorySource::new("damaged.db", bytes.to_vec()))?;
    if !file.meta().is_directory() {
        return our_database(&file.database());
    }
    let mut all = String::new();
    for entry in file.names()? {
        let database = file.at(&entry)?;
        let name = String::from_utf8_lossy(&entry.name).into_owned();
        let _ = write!(all, "{name}={} ", our_database(&database)?);
    }
    Ok(all)
}

/// What we say is broken; and what we say is odd and leads to no record.
fn our_words(bytes: &[u8]) -> [Vec<String>; 2] {
    let found = verify(MemorySource::new("damaged.db", bytes.to_vec())).unwrap();
    [found.findings, found.notes].map(|all| all.iter().map(ToString::to_string).collect())
}

/// Whether the file is of a version that has no flags of its own on metadata
/// pages, and the unused byte that later versions have them in is not 0: later
/// libraries mind.
fn has_unused_flags(bytes: &[u8]) -> bool {
    let version = bytes.get(16..20).unwrap_or_default();
    let old = [7, 8_u32]
        .iter()
        .any(|old| version == old.to_le_bytes() || version == old.to_be_bytes());
    old && bytes.get(26).is_some_and(|flags| *flags != 0)
}

/// Whether the only damage is the version that 6.2 and later write, which these
/// libraries do not know and we do.
fn is_version_10(bytes: &[u8]) -> bool {
    let version = bytes.get(16..20).unwrap_or_default();
    version == 10_u32.to_le_bytes() || version == 10_u32.to_be_bytes()
}

// --- both -------------------------------------------------------------------

/// An input of the fuzz target `fields`: a sound file, and one to three damages.
fn input(chance: &mut Chance) -> Vec<u8> {
    let damages = 1 + chance.below(3);
    (0..=7 * damages)
        .map(|_| chance.next().to_le_bytes()[0])
        .collect()
}

fn inputs() -> Vec<Vec<u8>> {
    let mut chance = Chance(number("ORACLE_SEED", 20_061_122));
    let mut files: Vec<Vec<u8>> = (0..number("CSMIGRATE_DIFFERENTIAL", CASES))
        .map(|_| damaged(&input(&mut chance)))
        .collect();
    if let Some(dir) = std::env::var_os("CSMIGRATE_CORPUS") {
        for entry in fs::read_dir(dir).unwrap() {
            files.push(fs::read(entry.unwrap().path()).unwrap());
        }
    }
    files
}

#[test]
fn what_the_library_accepts_reads_the_same_and_what_it_refuses_is_named() {
    let files = inputs();
    let mut wrong = Vec::new();
    let [mut same, mut stricter, mut refused, mut died] = [0; 4];
    let [mut in_note, mut none] = [0; 2];
    for (batch, files) in files.chunks(500).enumerate() {
        let dir = tempfile::tempdir().unwrap();
        for (index, bytes) in files.iter().enumerate() {
            fs::write(dir.path().join(format!("{index}.db")), bytes).unwrap();
        }
        let verdicts = their_verdicts(dir.path(), files.len());
        for (index, (bytes, verdict)) in files.iter().zip(verdicts).enumerate() {
            let at = batch * 500 + index;
            let ours = our_records(bytes);
            let [findings, notes] = our_words(bytes);
            match &verdict {
                Verdict::Accepted(theirs) => match &ours {
                    Ok(ours) if ours == theirs => same += 1,
                    // Stricter we may be, and say where; silent never.
                    Err(_) if !findings.is_empty() => stricter += 1,
                    _ => wrong.push(format!(
                        "{at}: accepted with {theirs}; ours: {ours:?}, {findings:?}"
                    )),
                },
                Verdict::Refused(_) | Verdict::Died => {
                    if verdict == Verdict::Died {
                        died += 1;
                    } else {
                        refused += 1;
                    }
                    if findings.is_empty() && ours.is_ok() {
                        if !notes.is_empty() {
                            in_note += 1;
                        } else if is_version_10(bytes) || has_unused_flags(bytes) {
                            none += 1;
                        } else {
                            wrong.push(format!("{at}: {verdict:?}, and we find nothing"));
                        }
                    }
                }
            }
            if wrong
                .last()
                .is_some_and(|last| last.starts_with(&format!("{at}:")))
                && let Some(keep) = std::env::var_os("CSMIGRATE_KEEP")
            {
                fs::write(Path::new(&keep).join(format!("{at}.db")), bytes).unwrap();
            }
        }
    }
    println!(
        "{} damaged files: accepted {}, with the same records {same}, named by us alone {stricter}; \
         refused {refused}, the library died or hung {died}, {in_note} of these named in a note \
         alone, {none} no damage in their version; disagreements {}",
        files.len(),
        same + stricter,
        wrong.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(same * 50 > files.len() && refused * 4 > files.len());
}
