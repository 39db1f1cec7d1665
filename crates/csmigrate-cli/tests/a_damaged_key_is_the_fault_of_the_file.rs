//! A byte of a key was damaged, so that the key stands where no search looks.
//! The run ended with "the structures differ ... please report this", as if
//! csmigrate had built the file wrong; the administrator was told nothing of
//! the file that is damaged.

mod support;

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use bdbfile::read::DatabaseFile;
use bdbfile::source::FileSource;
use support::{fails, names, sandbox_with};

#[test]
fn it_is_named() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    let path = dir.join("old/ics50deletelog.db");
    // A key from the middle of the file.
    let file = DatabaseFile::open(FileSource::open(&path).unwrap()).unwrap();
    let mut keys = Vec::new();
    let scan = file.database();
    let scan = scan.scan().unwrap();
    scan.visit(scan.all(), |record| {
        keys.push(record.key.to_vec());
        Ok::<_, bdbfile::Error>(())
    })
    .unwrap();
    let key = &keys[keys.len() / 2];
    let bytes = fs::read(&path).unwrap();
    let mut hits = 0;
    let out = File::options().write(true).open(&path).unwrap();
    for at in 0..bytes.len() - key.len() {
        // On the leaf: the length stands before the item.
        let len = u16::try_from(key.len()).unwrap().to_le_bytes();
        if at > 3 && bytes[at..].starts_with(key) && bytes[at - 3..at - 1] == len {
            out.write_all_at(&[0xff], u64::try_from(at).unwrap())
                .unwrap();
            hits += 1;
        }
    }
    drop(out);
    assert!(hits > 0);
    let message = fails(dir, ["-b", "saved", "old", "new"]);
    assert!(
        message.contains("saved/ics50deletelog.db: page "),
        "{message}"
    );
    assert!(
        message.contains("put a sound copy of the file"),
        "{message}"
    );
    assert!(!message.contains("report this"), "{message}");
    assert_eq!(names(dir), ["logs", "old", "saved"]);
}
