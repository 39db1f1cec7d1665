//! Builds three files of five records in a directory, as Berkeley DB would have
//! them, with no Berkeley DB:
//!
//!     cargo run -p bdbfile --example build -- DIR
//!
//! * `sorted.db`: a btree of records that come in order.
//! * `packages.db`: a hash database of records in any order; the keys are
//!   numbers.
//! * `wallet.db`: a btree by the name of `main`.

use std::error::Error;
use std::fs::File;
use std::path::{Path, PathBuf};

use bdbfile::write::{
    BtreeBuilder, BtreeParams, FileParams, FileSink, HashBuilder, HashParams, NewFile, Repeats,
    SortBudget,
};

fn main() -> Result<(), Box<dyn Error>> {
    let dir = PathBuf::from(std::env::args_os().nth(1).ok_or("name a directory")?);
    sorted(&dir.join("sorted.db"))?;
    packages(&dir.join("packages.db"))?;
    wallet(&dir.join("wallet.db"))
}

fn sorted(path: &Path) -> Result<(), Box<dyn Error>> {
    let mut builder = BtreeBuilder::new(sink(path)?, &params(1), &BtreeParams::default())?;
    for name in ["amelie", "jdoe", "jjones", "lucy", "tchang"] {
        builder.push(name.as_bytes(), b"a record")?;
    }
    let (sink, _, _) = builder.finish()?;
    // A crash may lose what is not synced.
    Ok(sink.into_file().sync_all()?)
}

fn packages(path: &Path) -> Result<(), Box<dyn Error>> {
    let mut builder = HashBuilder::new(
        sink(path)?,
        &params(2),
        &HashParams::default(),
        Repeats::LastWins,
        &SortBudget::default(),
    )?;
    for number in [3, 1, 2, 0] {
        let header = vec![b'h'; 100 * number as usize];
        builder.push(&u32::to_le_bytes(number), &header)?;
    }
    builder.push(b"no number", b"")?;
    let (sink, _, _) = builder.finish()?;
    Ok(sink.into_file().sync_all()?)
}

fn wallet(path: &Path) -> Result<(), Box<dyn Error>> {
    let mut file = NewFile::with_names(sink(path)?, &params(3))?;
    let main = file.btree(Some(b"main"), &BtreeParams::default())?;
    let mut piece = main.piece(0);
    for key in [
        &b"\x03key1"[..],
        b"\x03key2",
        b"\x04name1",
        b"\x07version",
        b"\xff",
    ] {
        piece.push(key, b"a record")?;
    }
    piece.finish()?;
    main.finish()?;
    let (sink, _) = file.finish()?;
    Ok(sink.into_file().sync_all()?)
}

fn sink(path: &Path) -> Result<FileSink, Box<dyn Error>> {
    let file = File::create_new(path)?;
    Ok(FileSink::new(path.display().to_string(), file))
}

/// Two files with one id must not be open in one environment.
fn params(id: u8) -> FileParams {
    FileParams {
        file_id: [id; 20],
        ..FileParams::default()
    }
}
