//! Settings of the commands that write a file.

use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use bdbfile::Workers;
use bdbfile::layout::Endian;

use super::value::{self, NewKind};
use super::{Raw, Source};
use crate::flags::Id;

/// Bytes of memory for sorting, unless told.
const SORT_MEMORY: usize = 256 << 20;

/// What `convert` and `rebuild` make of what.
#[derive(Debug)]
pub(crate) struct Convert {
    pub(crate) source: Source,
    pub(crate) target: PathBuf,
    pub(crate) endian: Endian,
    pub(crate) page_size: Option<u32>,
    pub(crate) kind: Option<NewKind>,
    pub(crate) checksums: Option<bool>,
    pub(crate) threads: NonZeroUsize,
    pub(crate) file: NewFileSettings,
}

/// What `load` makes of what.
#[derive(Debug)]
pub(crate) struct Load {
    /// Standard input unless told.
    pub(crate) text: Option<PathBuf>,
    pub(crate) target: PathBuf,
    /// Lines of the header that count in place of those of the text.
    pub(crate) keywords: Vec<Vec<u8>>,
    pub(crate) keep_first: bool,
    pub(crate) kind: Option<NewKind>,
    /// Whether the text has no header.
    pub(crate) plain: bool,
    pub(crate) file: NewFileSettings,
}

/// What every command that writes a file is told.
#[derive(Debug)]
pub(crate) struct NewFileSettings {
    pub(crate) format_version: Option<u32>,
    pub(crate) file_id: Option<[u8; 20]>,
    pub(crate) memory: usize,
}

impl Convert {
    pub(super) fn read(raw: &Raw) -> Result<Self, String> {
        let [source, target] = raw.files()?;
        let checksums = match (raw.has(Id::Checksums), raw.has(Id::NoChecksums)) {
            (true, true) => {
                return Err("--checksums and --no-checksums exclude each other".to_owned());
            }
            (false, false) => None,
            (with, _) => Some(with),
        };
        let threads = match raw.read(Id::Threads, value::threads)? {
            Some(threads) => threads,
            None => Workers::one_a_processor().threads,
        };
        Ok(Self {
            source: raw.source(source)?,
            target,
            endian: raw
                .read(Id::ByteOrder, value::endian)?
                .unwrap_or(Endian::Little),
            page_size: raw.read(Id::PageSize, value::page_size)?,
            kind: raw.read(Id::Kind, value::kind_to_become)?,
            checksums,
            threads,
            file: NewFileSettings::read(raw)?,
        })
    }
}

impl Load {
    pub(super) fn read(raw: &Raw) -> Result<Self, String> {
        let [target] = raw.files()?;
        let keywords: Vec<Vec<u8>> = raw
            .values(Id::Keyword)
            .map(|word| word.as_bytes().to_owned())
            .collect();
        let kind = raw.read(Id::Kind, value::kind)?;
        let plain = raw.has(Id::Plain);
        if plain && kind.is_none() {
            return Err("-T wants -t: the text does not say what to make of it".to_owned());
        }
        Ok(Self {
            text: raw.value(Id::From).map(PathBuf::from),
            target,
            keywords,
            keep_first: raw.has(Id::KeepFirst),
            kind,
            plain,
            file: NewFileSettings::read(raw)?,
        })
    }
}

impl NewFileSettings {
    fn read(raw: &Raw) -> Result<Self, String> {
        Ok(Self {
            format_version: raw.read(Id::FormatVersion, value::format_version)?,
            file_id: raw.read(Id::Uid, value::file_id)?,
            memory: raw.read(Id::Memory, value::bytes)?.unwrap_or(SORT_MEMORY),
        })
    }
}
