//! What a database becomes: from its metadata and what is asked for.

use crate::convert::database::NewDatabase;
use crate::convert::note::Note;
use crate::convert::{ConvertOptions, NewKind};
use crate::error::{Error, Result};
use crate::layout::{HashFields, MAX_PAGE_SIZE, MIN_PAGE_SIZE, Meta, Method, PageLayout};
use crate::write::{
    BTREE_VERSION_OLD, BtreeParams, Duplicates, FileParams, FixedLength, HASH_VERSION_OLD,
    HashParams, KeyOrder, QueueParams, RecnoParams,
};

/// The parameters of the new file, from the layout of the source.
pub(super) fn file(
    source: PageLayout,
    metas: &[&Meta],
    options: &ConvertOptions,
    notes: &mut Vec<Note>,
) -> Result<FileParams> {
    let page_size = options.page_size.unwrap_or_else(|| {
        let to = written_page_size(source.page_size);
        if to != source.page_size {
            notes.push(Note::PageSizeChanged {
                from: source.page_size,
                to,
            });
        }
        to
    });
    let mut checksums = options.checksums.unwrap_or(source.checksums);
    if checksums && metas.iter().any(|meta| !has_checksums(meta, options)) {
        if options.checksums == Some(true) {
            return Err(Error::Parameter(
                "the version of the format that is asked for has no checksums".to_owned(),
            ));
        }
        checksums = false;
        notes.push(Note::ChecksumsLeftOut);
    }
    Ok(FileParams {
        layout: PageLayout {
            endian: options.endian,
            page_size,
            checksums,
            bit_fields: false,
        },
        file_id: options.file_id,
    })
}

/// The page size that is written for one that a source has: 2.x allowed sizes
/// that are no powers of two.
fn written_page_size(size: u32) -> u32 {
    let size = size.clamp(MIN_PAGE_SIZE, MAX_PAGE_SIZE);
    size.checked_next_power_of_two().unwrap_or(MAX_PAGE_SIZE)
}

/// Whether the version that a database gets has checksums.
fn has_checksums(meta: &Meta, options: &ConvertOptions) -> bool {
    let Some(version) = options.format_version else {
        return true;
    };
    match kind(meta, options) {
        Kind::Hash => version > HASH_VERSION_OLD,
        Kind::Btree | Kind::Recno => version > BTREE_VERSION_OLD,
        Kind::Queue => true,
    }
}

/// The kind a database becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Btree,
    Hash,
    Recno,
    Queue,
}

pub(super) fn kind(meta: &Meta, options: &ConvertOptions) -> Kind {
    match options.kind {
        Some(NewKind::Btree) => Kind::Btree,
        Some(NewKind::Hash) => Kind::Hash,
        Some(NewKind::Recno) => Kind::Recno,
        None => own_kind(meta),
    }
}

pub(super) fn own_kind(meta: &Meta) -> Kind {
    match &meta.method {
        Method::Btree(_) if meta.is_recno() => Kind::Recno,
        Method::Btree(_) => Kind::Btree,
        Method::Hash(_) => Kind::Hash,
        Method::Queue(_) => Kind::Queue,
    }
}

/// Whether a hash database has the default hash function.
pub(super) fn has_default_hash(meta: &Meta) -> bool {
    meta.hash().is_some_and(HashFields::has_default_hash)
}

/// What a database becomes.
pub(super) fn database(
    meta: &Meta,
    options: &ConvertOptions,
    notes: &mut Vec<Note>,
) -> Result<NewDatabase> {
    let version = options.format_version;
    let kind = kind(meta, options);
    let own = own_kind(meta);
    if kind != Kind::Btree && meta.has_record_numbers() {
        notes.push(Note::RecordNumbersLeftOut);
    }
    if own == Kind::Hash && kind != Kind::Hash && !has_default_hash(meta) {
        notes.push(Note::HashFunctionLeft);
    }
    if meta.queue().is_some_and(|fields| fields.page_ext != 0) {
        notes.push(Note::ExtentsJoined);
    }
    Ok(match kind {
        Kind::Btree => {
            let mut params = match own {
                Kind::Btree => BtreeParams::like(meta)?,
                // The duplicates of a key come together, in an order that may
                // be the application's own.
                _ => BtreeParams {
                    duplicates: Duplicates::like(meta),
                    duplicate_order: KeyOrder::AsFed,
                    ..BtreeParams::default()
                },
            };
            params.version = version.unwrap_or(params.version);
            NewDatabase::Btree(params)
        }
        Kind::Hash => {
            let mut params = match own {
                Kind::Hash => HashParams::like(meta)?,
                _ => HashParams {
                    duplicates: Duplicates::like(meta),
                    duplicate_order: KeyOrder::AsFed,
                    ..HashParams::default()
                },
            };
            params.version = version.unwrap_or(params.version);
            NewDatabase::Hash(params)
        }
        Kind::Recno => {
            let mut params = match own {
                Kind::Recno => RecnoParams::like(meta)?,
                _ => RecnoParams {
                    version: BtreeParams::default().version,
                    renumber: false,
                    fixed: match own {
                        Kind::Queue => {
                            let queue = QueueParams::like(meta)?;
                            Some(FixedLength {
                                len: queue.len,
                                pad: queue.pad,
                            })
                        }
                        _ => None,
                    },
                },
            };
            params.version = version.unwrap_or(params.version);
            NewDatabase::Recno(params)
        }
        Kind::Queue => {
            if let Some(version) = version {
                return Err(Error::Parameter(format!(
                    "a queue is written in version {}, not {version}",
                    crate::write::QUEUE_VERSION
                )));
            }
            let params = QueueParams::like(meta)?;
            NewDatabase::Queue {
                len: params.len,
                pad: params.pad,
                range: Some((params.first, params.next)),
            }
        }
    })
}
