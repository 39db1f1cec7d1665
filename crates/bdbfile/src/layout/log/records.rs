//! The records of a log: which types there are in which version, and of what
//! fields each is made.
//!
//! All numbers are in the byte order of the log, without alignment, behind the
//! prefix that every record has. Layouts of versions 3 to 8 are seen in logs of
//! 3.2.9 to 4.2.52 of both byte orders; those of 16 and 19 in logs of 4.8.30
//! and 5.3.

use std::ops::RangeInclusive;

use super::super::{Endian, Lsn};
use super::{LOG_RECORD_PREFIX, LogLayout};

/// What a record is about, whatever number its version has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LogOp {
    /// A file is opened, closed, or listed at a checkpoint.
    Register,
    /// A transaction commits.
    Commit,
    /// A checkpoint.
    Checkpoint,
    /// A nested transaction commits into its parent.
    Child,
    /// A transaction is prepared for a commit in two phases.
    Prepare,
    /// Transaction ids are given out anew.
    Recycle,
    /// A pair is put on a page of a bucket, or deleted.
    HashPair,
    /// A page joins a bucket, or leaves it.
    HashPage,
    /// A page of a bucket, before or after its bucket is split.
    HashSplit,
    /// Part of an item of a bucket is replaced.
    HashReplace,
    /// The second page of a bucket moves into the first.
    HashCopy,
    /// A table gets one more bucket.
    HashGrow,
    /// The pages of the buckets of a new table are allocated.
    HashGroup,
    /// Cursors moved in memory: nothing on any page.
    Cursor,
    /// An item is added to a page, or removed.
    Item,
    /// A page of an overflow chain is added or removed.
    Overflow,
    /// The references of an overflow chain are counted.
    OverflowReferences,
    /// A leaf joins its neighbours or leaves them.
    Relink,
    /// A note for debugging.
    Debug,
    /// The LSN of a page alone changes.
    Touch,
    /// A page is allocated.
    Allocate,
    /// A page is freed.
    Free,
    /// A page failed its checksum at run time.
    BadChecksum,
    /// A page was allocated by a prepared transaction.
    Prepared,
    /// A page is taken from those in limbo.
    New,
    /// A slot that shares its item with another is added or removed.
    Slot,
    /// A count of records in an internal item changes.
    Count,
    /// An item is marked deleted.
    Mark,
    /// The content of an item is replaced.
    Replace,
    /// A tree gets its root.
    Root,
    /// A page is split in two.
    Split,
    /// A root takes the place of its only child.
    ReverseSplit,
    /// The end of a queue moves on by one (3.x).
    QueueCurrent,
    /// The head of a queue moves on.
    QueueFirst,
    /// Both ends of a queue move.
    QueueEnds,
    /// A record of a queue is deleted.
    QueueDelete,
    /// A record of a queue is put.
    QueueAdd,
    /// An extent file of a queue is removed.
    ExtentRemove,
    /// An extent file of a queue is renamed.
    ExtentRename,
    /// A file is made, with nothing in it (up to 4.0).
    FileOpen,
    /// The first image of a page is written.
    MetaSub,
    /// The first metadata page of a file is written (up to 4.0).
    MetaPage,
    /// A file is renamed.
    FileRename,
    /// A file is removed (up to 4.0).
    FileDelete,
    /// A file that took the place of another goes.
    FileReplaced,
    /// A file is made (from 4.1).
    FileCreate,
    /// A file is removed (from 4.1).
    FileRemove,
    /// Bytes are written into a file.
    FileWrite,
    /// A page is emptied (from 4.4).
    Init,
    /// The item of a slot of an internal page is replaced (from 5.0).
    ReplaceInternal,
    /// The end of a file is cut off (compaction, from 4.4).
    Truncate,
    /// A page takes in the items of its neighbour (compaction, from 4.4).
    Merge,
    /// An item refers to another page from now on (compaction, from 4.4).
    Renumber,
    /// A hash table loses its last bucket (compaction, from 5.0).
    HashContract,
    /// A hash table gets other pages for its buckets (compaction, from 5.0).
    HashCompact,
}

/// A type of record as one or several versions have it.
#[derive(Debug, PartialEq, Eq)]
pub struct LogRecordType {
    number: u32,
    /// What libdb calls it.
    pub name: &'static str,
    /// What it is about.
    pub op: LogOp,
    versions: RangeInclusive<u32>,
    fields: &'static [(FieldName, Shape)],
}

/// How a field is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    U32,
    I32,
    /// A position in the log: file, then offset.
    Position,
    /// A length of four bytes, and as many bytes; 0 stands for none.
    Bytes,
    /// A native size: four bytes where the library was built for 32 bits, else
    /// eight. Which is told by the length of the record.
    Size,
}

/// The value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogValue<'a> {
    /// A number.
    U32(u32),
    /// A number that may be negative.
    I32(i32),
    /// A position in the log.
    Lsn(Lsn),
    /// Bytes; empty for none.
    Bytes(&'a [u8]),
}

/// The most fields that a record has.
const MOST_FIELDS: usize = 20;

/// A record with its fields.
#[derive(Debug, Clone, Copy)]
pub struct LogBody<'a> {
    /// Its type.
    pub kind: &'static LogRecordType,
    values: [LogValue<'a>; MOST_FIELDS],
}

/// Why the fields of a record cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadLogRecord {
    /// Its version has no such type, as far as is known here.
    Type(u32),
    /// Its fields do not add up to its length.
    Length(&'static LogRecordType),
}

impl LogLayout {
    /// The fields of the record of this body. `None` for what is never
    /// replayed: records about databases that are not durable, and those of an
    /// application's own.
    pub fn body(self, body: &[u8]) -> Result<Option<LogBody<'_>>, BadLogRecord> {
        let number = self.record_number(body).unwrap_or_default();
        if self.is_foreign(number) {
            return Ok(None);
        }
        let kind = TYPES
            .iter()
            .find(|kind| kind.number == number && kind.versions.contains(&self.version))
            .ok_or(BadLogRecord::Type(number))?;
        // Of two sizes of a native size the one that fits.
        [4, 8]
            .into_iter()
            .find_map(|size| self.values(kind, body, size))
            .map(|values| Some(LogBody { kind, values }))
            .ok_or(BadLogRecord::Length(kind))
    }

    /// Whether the records of this version can be replayed.
    pub const fn is_replayed(self) -> bool {
        matches!(self.version, 3..=5 | 7 | 8 | 16 | 19)
    }

    fn values<'a>(
        self,
        kind: &'static LogRecordType,
        body: &'a [u8],
        size: usize,
    ) -> Option<[LogValue<'a>; MOST_FIELDS]> {
        let endian = self.endian;
        let mut values = [LogValue::U32(0); MOST_FIELDS];
        let mut at = LOG_RECORD_PREFIX;
        for ((_, shape), value) in kind.fields.iter().zip(&mut values) {
            let here = at;
            *value = match shape {
                Shape::U32 => {
                    at = at.saturating_add(4);
                    LogValue::U32(endian.u32(body, here)?)
                }
                Shape::I32 => {
                    at = at.saturating_add(4);
                    LogValue::I32(endian.u32(body, here)?.cast_signed())
                }
                Shape::Position => {
                    at = at.saturating_add(Lsn::SIZE);
                    LogValue::Lsn(Lsn::read(endian, body, here)?)
                }
                Shape::Bytes => {
                    let len = usize::try_from(endian.u32(body, here)?).ok()?;
                    let start = here.checked_add(4)?;
                    at = start.checked_add(len)?;
                    LogValue::Bytes(body.get(start..at)?)
                }
                Shape::Size => {
                    at = at.saturating_add(size);
                    let next = here.saturating_add(4);
                    let (low, high) = match (size, endian) {
                        (4, _) => (here, None),
                        (_, Endian::Little) => (here, Some(next)),
                        (_, Endian::Big) => (next, Some(here)),
                    };
                    if high.is_some_and(|high| endian.u32(body, high) != Some(0)) {
                        return None;
                    }
                    LogValue::U32(endian.u32(body, low)?)
                }
            };
        }
        (at == body.len()).then_some(values)
    }
}

impl<'a> LogBody<'a> {
    /// The names that libdb has for the fields, and their values, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, LogValue<'a>)> + '_ {
        let names = self.kind.fields.iter().map(|(field, _)| field.text());
        names.zip(self.values)
    }

    /// A number; 0 where the record has no such field.
    pub(crate) fn u32(&self, wanted: FieldName) -> u32 {
        match self.value(wanted) {
            Some(LogValue::U32(value)) => value,
            Some(LogValue::I32(value)) => value.cast_unsigned(),
            _ => 0,
        }
    }

    /// A number that may be negative.
    pub(crate) fn i32(&self, wanted: FieldName) -> i32 {
        self.u32(wanted).cast_signed()
    }

    /// A position; none where the record has no such field.
    pub(crate) fn lsn(&self, wanted: FieldName) -> Lsn {
        match self.value(wanted) {
            Some(LogValue::Lsn(lsn)) => lsn,
            _ => Lsn::ZERO,
        }
    }

    /// Bytes; none where the record has no such field.
    pub(crate) fn bytes(&self, wanted: FieldName) -> &'a [u8] {
        match self.value(wanted) {
            Some(LogValue::Bytes(bytes)) => bytes,
            _ => &[],
        }
    }

    /// Whether the record has a field of this name.
    pub(crate) fn has(&self, wanted: FieldName) -> bool {
        self.value(wanted).is_some()
    }

    fn value(&self, wanted: FieldName) -> Option<LogValue<'a>> {
        let at = self
            .kind
            .fields
            .iter()
            .position(|(field, _)| *field == wanted)?;
        self.values.get(at).copied()
    }
}

/// Defines the names of fields as libdb has them.
macro_rules! names {
    ($($name:ident)*) => {
        /// The names of the fields.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(non_camel_case_types)]
        pub(crate) enum FieldName {
            $($name,)*
        }

        impl FieldName {
            /// The name as text.
            const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

/// Defines the table of types: number, name, operation, versions, fields.
macro_rules! types {
    ($($number:literal $name:ident $op:ident ($versions:expr) [$($field:ident $shape:ident),*];)*) => {
        const TYPES: &[LogRecordType] = &[
            $(LogRecordType {
                number: $number,
                name: stringify!($name),
                op: LogOp::$op,
                versions: $versions,
                fields: &[$((FieldName::$field, Shape::$shape)),*],
            },)*
        ];
    };
}

names! {
    opcode name uid fileid ftype meta_pgno id timestamp locks ckp_lsn last_ckp rep_gen child
    c_lsn xid format_id gtrid bqual begin_lsn min max pgno ndx pagelsn key data prev_pgno
    prevlsn new_pgno next_pgno nextlsn pageimage off olditem newitem makedup nnext_pgno
    nnextlsn page bucket metalsn mmpgno mmetalsn mpgno newalloc meta_lsn start_pgno num free
    indx len dup_off add is_dup order mode old_pgno old_indx new_indx nbytes hdr dbt adjust
    lsn prev lsn_prev next lsn_next op arg_flags page_lsn ptype header indx_copy is_insert
    opflags isdeleted orig repl prefix suffix root_pgno left llsn right rlsn npgno nlsn pg
    pgdbt nrec rootent rootlsn from_pgno to_pgno left_pgno first_indx from_indx to_indx root
    recno old_first new_first old_cur new_cur vflag olddata newname real_fid tmp_fid appname
    fid offset flag pgsize pageno oldname
    envid spare gid keytype datatype oldtype newtype last_pgno unused slot old new meta ppgno plsn pindx pentry rentry last_free last_lsn next_free list dirname pg_copy opgno
}

types! {
    2 log_register Register (3..=5) [opcode U32, name Bytes, uid Bytes, fileid I32, ftype U32,
        meta_pgno U32];
    2 dbreg_register Register (7..=8) [opcode U32, name Bytes, uid Bytes, fileid I32, ftype U32,
        meta_pgno U32, id U32];
    10 txn_regop Commit (3..=7) [opcode U32, timestamp I32];
    10 txn_regop Commit (8..=8) [opcode U32, timestamp I32, locks Bytes];
    11 txn_ckp Checkpoint (3..=7) [ckp_lsn Position, last_ckp Position, timestamp I32];
    11 txn_ckp Checkpoint (8..=8) [ckp_lsn Position, last_ckp Position, timestamp I32, rep_gen
        U32];
    12 txn_child Child (3..=8) [child U32, c_lsn Position];
    13 txn_xa_regop Prepare (3..=7) [opcode U32, xid Bytes, format_id I32, gtrid U32, bqual U32,
        begin_lsn Position];
    13 txn_xa_regop Prepare (8..=8) [opcode U32, xid Bytes, format_id I32, gtrid U32, bqual U32,
        begin_lsn Position, locks Bytes];
    14 txn_recycle Recycle (7..=8) [min U32, max U32];
    21 ham_insdel HashPair (3..=8) [opcode U32, fileid I32, pgno U32, ndx U32, pagelsn Position,
        key Bytes, data Bytes];
    22 ham_newpage HashPage (3..=8) [opcode U32, fileid I32, prev_pgno U32, prevlsn Position,
        new_pgno U32, pagelsn Position, next_pgno U32, nextlsn Position];
    24 ham_splitdata HashSplit (3..=8) [fileid I32, opcode U32, pgno U32, pageimage Bytes,
        pagelsn Position];
    25 ham_replace HashReplace (3..=8) [fileid I32, pgno U32, ndx U32, pagelsn Position, off
        I32, olditem Bytes, newitem Bytes, makedup U32];
    28 ham_copypage HashCopy (3..=8) [fileid I32, pgno U32, pagelsn Position, next_pgno U32,
        nextlsn Position, nnext_pgno U32, nnextlsn Position, page Bytes];
    29 ham_metagroup HashGrow (3..=4) [fileid I32, bucket U32, pgno U32, metalsn Position,
        pagelsn Position];
    29 ham_metagroup HashGrow (5..=8) [fileid I32, bucket U32, mmpgno U32, mmetalsn Position,
        mpgno U32, metalsn Position, pgno U32, pagelsn Position, newalloc U32];
    32 ham_groupalloc HashGroup (3..=8) [fileid I32, meta_lsn Position, start_pgno U32, num U32,
        free U32];
    33 ham_curadj Cursor (3..=8) [fileid I32, pgno U32, indx U32, len U32, dup_off U32, add I32,
        is_dup I32, order U32];
    34 ham_chgpg Cursor (3..=8) [fileid I32, mode U32, old_pgno U32, new_pgno U32, old_indx U32,
        new_indx U32];
    41 db_addrem Item (3..=4) [opcode U32, fileid I32, pgno U32, indx U32, nbytes Size, hdr
        Bytes, dbt Bytes, pagelsn Position];
    41 db_addrem Item (5..=8) [opcode U32, fileid I32, pgno U32, indx U32, nbytes U32, hdr
        Bytes, dbt Bytes, pagelsn Position];
    43 db_big Overflow (3..=8) [opcode U32, fileid I32, pgno U32, prev_pgno U32, next_pgno U32,
        dbt Bytes, pagelsn Position, prevlsn Position, nextlsn Position];
    44 db_ovref OverflowReferences (3..=8) [fileid I32, pgno U32, adjust I32, lsn Position];
    45 db_relink Relink (3..=8) [opcode U32, fileid I32, pgno U32, lsn Position, prev U32,
        lsn_prev Position, next U32, lsn_next Position];
    47 db_debug Debug (3..=8) [op Bytes, fileid I32, key Bytes, data Bytes, arg_flags U32];
    48 db_noop Touch (3..=8) [fileid I32, pgno U32, prevlsn Position];
    49 db_pg_alloc Allocate (5..=8) [fileid I32, meta_lsn Position, meta_pgno U32, page_lsn
        Position, pgno U32, ptype U32, next U32];
    50 db_pg_free Free (5..=8) [fileid I32, pgno U32, meta_lsn Position, meta_pgno U32, header
        Bytes, next U32];
    51 bam_pg_alloc Allocate (3..=4) [fileid I32, meta_lsn Position, page_lsn Position, pgno
        U32, ptype U32, next U32];
    51 db_cksum BadChecksum (7..=8) [];
    52 bam_pg_free Free (3..=4) [fileid I32, pgno U32, meta_lsn Position, header Bytes, next
        U32];
    52 db_pg_freedata Free (8..=8) [fileid I32, pgno U32, meta_lsn Position, meta_pgno U32,
        header Bytes, next U32, data Bytes];
    53 db_pg_prepare Prepared (8..=8) [fileid I32, pgno U32];
    54 db_pg_new New (8..=8) [fileid I32, pgno U32, meta_lsn Position, meta_pgno U32, header
        Bytes, next U32];
    55 bam_adj Slot (3..=8) [fileid I32, pgno U32, lsn Position, indx U32, indx_copy U32,
        is_insert U32];
    56 bam_cadjust Count (3..=8) [fileid I32, pgno U32, lsn Position, indx U32, adjust I32,
        opflags U32];
    57 bam_cdel Mark (3..=8) [fileid I32, pgno U32, lsn Position, indx U32];
    58 bam_repl Replace (3..=8) [fileid I32, pgno U32, lsn Position, indx U32, isdeleted U32,
        orig Bytes, repl Bytes, prefix U32, suffix U32];
    59 bam_root Root (3..=8) [fileid I32, meta_pgno U32, root_pgno U32, meta_lsn Position];
    62 bam_split Split (3..=8) [fileid I32, left U32, llsn Position, right U32, rlsn Position,
        indx U32, npgno U32, nlsn Position, root_pgno U32, pg Bytes, opflags U32];
    63 bam_rsplit ReverseSplit (3..=8) [fileid I32, pgno U32, pgdbt Bytes, root_pgno U32, nrec
        U32, rootent Bytes, rootlsn Position];
    64 bam_curadj Cursor (3..=8) [fileid I32, mode U32, from_pgno U32, to_pgno U32, left_pgno
        U32, first_indx U32, from_indx U32, to_indx U32];
    65 bam_rcuradj Cursor (3..=8) [fileid I32, mode U32, root U32, recno U32, order U32];
    76 qam_inc QueueCurrent (3..=4) [fileid I32, lsn Position];
    77 qam_incfirst QueueFirst (3..=4) [fileid I32, recno U32];
    78 qam_mvptr QueueEnds (3..=4) [opcode U32, fileid I32, old_first U32, new_first U32,
        old_cur U32, new_cur U32, metalsn Position];
    79 qam_del QueueDelete (3..=8) [fileid I32, lsn Position, pgno U32, indx U32, recno U32];
    80 qam_add QueueAdd (3..=8) [fileid I32, lsn Position, pgno U32, indx U32, recno U32, data
        Bytes, vflag U32, olddata Bytes];
    81 qam_delete ExtentRemove (3..=5) [name Bytes, lsn Position];
    82 qam_rename ExtentRename (3..=5) [name Bytes, newname Bytes];
    83 qam_delext QueueDelete (3..=8) [fileid I32, lsn Position, pgno U32, indx U32, recno U32,
        data Bytes];
    84 qam_incfirst QueueFirst (5..=8) [fileid I32, recno U32, meta_pgno U32];
    85 qam_mvptr QueueEnds (5..=8) [opcode U32, fileid I32, old_first U32, new_first U32,
        old_cur U32, new_cur U32, metalsn Position, meta_pgno U32];
    141 crdel_fileopen FileOpen (3..=5) [name Bytes, mode U32];
    141 fop_file_remove FileReplaced (7..=8) [real_fid Bytes, tmp_fid Bytes, name Bytes, appname
        U32, child U32];
    142 crdel_metasub MetaSub (3..=8) [fileid I32, pgno U32, page Bytes, lsn Position];
    143 crdel_metapage MetaPage (3..=5) [fileid I32, name Bytes, pgno U32, page Bytes];
    143 fop_create FileCreate (7..=8) [name Bytes, appname U32, mode U32];
    144 fop_remove FileRemove (7..=8) [name Bytes, fid Bytes, appname U32];
    145 crdel_rename FileRename (3..=5) [fileid I32, name Bytes, newname Bytes];
    145 fop_write FileWrite (7..=7) [name Bytes, appname U32, offset U32, page Bytes, flag U32];
    145 fop_write FileWrite (8..=8) [name Bytes, appname U32, pgsize U32, pageno U32, offset
        U32, page Bytes, flag U32];
    146 crdel_delete FileDelete (3..=5) [fileid I32, name Bytes];
    146 fop_rename FileRename (7..=8) [oldname Bytes, newname Bytes, fileid Bytes, appname U32];
    2 dbreg_register Register (16..=19) [opcode U32, name Bytes, uid Bytes, fileid I32, ftype
        U32, meta_pgno U32, id U32];
    10 txn_regop Commit (16..=19) [opcode U32, timestamp I32, envid U32, locks Bytes];
    11 txn_ckp Checkpoint (16..=19) [ckp_lsn Position, last_ckp Position, timestamp I32, envid
        U32, spare U32];
    12 txn_child Child (16..=19) [child U32, c_lsn Position];
    13 txn_prepare Prepare (16..=19) [opcode U32, gid Bytes, begin_lsn Position, locks Bytes];
    14 txn_recycle Recycle (16..=19) [min U32, max U32];
    21 ham_insdel HashPair (16..=16) [opcode U32, fileid I32, pgno U32, ndx U32, pagelsn
        Position, key Bytes, data Bytes];
    21 ham_insdel HashPair (19..=19) [opcode U32, fileid I32, pgno U32, ndx U32, pagelsn
        Position, keytype U32, key Bytes, datatype U32, data Bytes];
    22 ham_newpage HashPage (16..=19) [opcode U32, fileid I32, prev_pgno U32, prevlsn Position,
        new_pgno U32, pagelsn Position, next_pgno U32, nextlsn Position];
    24 ham_splitdata HashSplit (16..=19) [fileid I32, opcode U32, pgno U32, pageimage Bytes,
        pagelsn Position];
    25 ham_replace HashReplace (16..=16) [fileid I32, pgno U32, ndx U32, pagelsn Position, off
        I32, olditem Bytes, newitem Bytes, makedup U32];
    25 ham_replace HashReplace (19..=19) [fileid I32, pgno U32, ndx U32, pagelsn Position, off
        I32, oldtype U32, olditem Bytes, newtype U32, newitem Bytes];
    28 ham_copypage HashCopy (16..=19) [fileid I32, pgno U32, pagelsn Position, next_pgno U32,
        nextlsn Position, nnext_pgno U32, nnextlsn Position, page Bytes];
    29 ham_metagroup HashGrow (16..=19) [fileid I32, bucket U32, mmpgno U32, mmetalsn Position,
        mpgno U32, metalsn Position, pgno U32, pagelsn Position, newalloc U32, last_pgno U32];
    32 ham_groupalloc HashGroup (16..=19) [fileid I32, meta_lsn Position, start_pgno U32, num
        U32, unused U32, last_pgno U32];
    33 ham_curadj Cursor (16..=19) [fileid I32, pgno U32, indx U32, len U32, dup_off U32, add
        I32, is_dup I32, order U32];
    34 ham_chgpg Cursor (16..=19) [fileid I32, mode U32, old_pgno U32, new_pgno U32, old_indx
        U32, new_indx U32];
    35 ham_changeslot HashCompact (19..=19) [fileid I32, meta_lsn Position, slot U32, old U32,
        new U32];
    37 ham_contract HashContract (19..=19) [fileid I32, meta U32, meta_lsn Position, bucket U32,
        pgno U32];
    41 db_addrem Item (16..=19) [opcode U32, fileid I32, pgno U32, indx U32, nbytes U32, hdr
        Bytes, dbt Bytes, pagelsn Position];
    43 db_big Overflow (16..=19) [opcode U32, fileid I32, pgno U32, prev_pgno U32, next_pgno
        U32, dbt Bytes, pagelsn Position, prevlsn Position, nextlsn Position];
    44 db_ovref OverflowReferences (16..=19) [fileid I32, pgno U32, adjust I32, lsn Position];
    48 db_noop Touch (16..=19) [fileid I32, pgno U32, prevlsn Position];
    49 db_pg_alloc Allocate (16..=19) [fileid I32, meta_lsn Position, meta_pgno U32, page_lsn
        Position, pgno U32, ptype U32, next U32, last_pgno U32];
    50 db_pg_free Free (16..=19) [fileid I32, pgno U32, meta_lsn Position, meta_pgno U32, header
        Bytes, next U32, last_pgno U32];
    52 db_pg_freedata Free (16..=19) [fileid I32, pgno U32, meta_lsn Position, meta_pgno U32,
        header Bytes, next U32, last_pgno U32, data Bytes];
    55 bam_adj Slot (16..=19) [fileid I32, pgno U32, lsn Position, indx U32, indx_copy U32,
        is_insert U32];
    56 bam_cadjust Count (16..=19) [fileid I32, pgno U32, lsn Position, indx U32, adjust I32,
        opflags U32];
    57 bam_cdel Mark (16..=19) [fileid I32, pgno U32, lsn Position, indx U32];
    58 bam_repl Replace (16..=19) [fileid I32, pgno U32, lsn Position, indx U32, isdeleted U32,
        orig Bytes, repl Bytes, prefix U32, suffix U32];
    59 bam_root Root (16..=19) [fileid I32, meta_pgno U32, root_pgno U32, meta_lsn Position];
    60 db_pg_init Init (16..=19) [fileid I32, pgno U32, header Bytes, data Bytes];
    62 bam_split Split (16..=16) [fileid I32, left U32, llsn Position, right U32, rlsn Position,
        indx U32, npgno U32, nlsn Position, ppgno U32, plsn Position, pindx U32, pg Bytes,
        pentry Bytes, rentry Bytes, opflags U32];
    62 bam_split Split (19..=19) [fileid I32, opflags U32, left U32, llsn Position, right U32,
        rlsn Position, indx U32, npgno U32, nlsn Position, ppgno U32, plsn Position, pindx U32,
        pg Bytes, pentry Bytes, rentry Bytes];
    63 bam_rsplit ReverseSplit (16..=19) [fileid I32, pgno U32, pgdbt Bytes, root_pgno U32, nrec
        U32, rootent Bytes, rootlsn Position];
    64 bam_curadj Cursor (16..=19) [fileid I32, mode U32, from_pgno U32, to_pgno U32, left_pgno
        U32, first_indx U32, from_indx U32, to_indx U32];
    65 bam_rcuradj Cursor (16..=19) [fileid I32, mode U32, root U32, recno U32, order U32];
    66 db_pg_trunc Truncate (16..=19) [fileid I32, meta U32, meta_lsn Position, last_free U32,
        last_lsn Position, next_free U32, last_pgno U32, list Bytes];
    67 bam_irep ReplaceInternal (19..=19) [fileid I32, pgno U32, lsn Position, indx U32, ptype
        U32, hdr Bytes, data Bytes, old Bytes];
    79 qam_del QueueDelete (16..=19) [fileid I32, lsn Position, pgno U32, indx U32, recno U32];
    80 qam_add QueueAdd (16..=19) [fileid I32, lsn Position, pgno U32, indx U32, recno U32, data
        Bytes, vflag U32, olddata Bytes];
    83 qam_delext QueueDelete (16..=19) [fileid I32, lsn Position, pgno U32, indx U32, recno
        U32, data Bytes];
    84 qam_incfirst QueueFirst (16..=19) [fileid I32, recno U32, meta_pgno U32];
    85 qam_mvptr QueueEnds (16..=19) [opcode U32, fileid I32, old_first U32, new_first U32,
        old_cur U32, new_cur U32, metalsn Position, meta_pgno U32];
    141 fop_file_remove FileReplaced (16..=19) [real_fid Bytes, tmp_fid Bytes, name Bytes,
        appname U32, child U32];
    142 crdel_metasub MetaSub (16..=19) [fileid I32, pgno U32, page Bytes, lsn Position];
    143 fop_create FileCreate (16..=19) [name Bytes, dirname Bytes, appname U32, mode U32];
    144 fop_remove FileRemove (16..=19) [name Bytes, fid Bytes, appname U32];
    145 fop_write FileWrite (16..=19) [name Bytes, dirname Bytes, appname U32, pgsize U32,
        pageno U32, offset U32, page Bytes, flag U32];
    146 fop_rename FileRename (16..=19) [oldname Bytes, newname Bytes, dirname Bytes, fileid
        Bytes, appname U32];
    147 db_relink Relink (16..=19) [fileid I32, pgno U32, new_pgno U32, prev U32, lsn_prev
        Position, next U32, lsn_next Position];
    148 db_merge Merge (16..=19) [fileid I32, pgno U32, lsn Position, npgno U32, nlsn Position,
        hdr Bytes, data Bytes, pg_copy I32];
    149 db_pgno Renumber (16..=19) [fileid I32, pgno U32, lsn Position, indx U32, opgno U32,
        npgno U32];
    150 fop_rename_noundo FileRename (16..=19) [oldname Bytes, newname Bytes, dirname Bytes,
        fileid Bytes, appname U32];
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::path::Path;

    use super::{LogRecordType, MOST_FIELDS, Shape, TYPES};

    /// The versions that the table has.
    const VERSIONS: [u32; 7] = [3, 4, 5, 7, 8, 16, 19];

    /// The fields of a record, as the table in `docs/format.md` has them.
    fn fields(kind: &LogRecordType) -> String {
        let mut text = String::new();
        for (name, shape) in kind.fields {
            let shape = match shape {
                Shape::U32 => "",
                Shape::I32 => ":i",
                Shape::Position => ":lsn",
                Shape::Bytes => ":b",
                Shape::Size => ":size",
            };
            write!(text, " {}{shape}", name.text()).unwrap();
        }
        text
    }

    /// The lines of that table: by number, then by version.
    fn table() -> Vec<String> {
        let mut types: Vec<&LogRecordType> = TYPES.iter().collect();
        types.sort_by_key(|kind| (kind.number, *kind.versions.start()));
        let same = |one: &&LogRecordType, other: &&LogRecordType| {
            (one.number, one.name, one.fields) == (other.number, other.name, other.fields)
        };
        let rows = types.chunk_by(same).map(|row| {
            let has = |version: &u32| row.iter().any(|kind| kind.versions.contains(version));
            let versions: Vec<String> = VERSIONS
                .into_iter()
                .filter(has)
                .map(|version| version.to_string())
                .collect();
            let (number, name) = (row[0].number, row[0].name);
            let versions = versions.join(", ");
            format!("| {number} | {name} | {versions} |{} |", fields(row[0]))
        });
        rows.collect()
    }

    #[test]
    fn the_table_of_the_documents_is_this_one() {
        let table = table();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/format.md");
        let text = std::fs::read_to_string(path).unwrap();
        let drawn: Vec<&str> = text
            .lines()
            .skip_while(|line| !line.starts_with("| type | name | versions |"))
            .skip(2)
            .take_while(|line| line.starts_with('|'))
            .collect();
        assert!(drawn == table, "it should be:\n{}", table.join("\n"));
    }

    #[test]
    fn a_number_means_one_thing_in_a_version_and_all_fields_have_room() {
        for (index, one) in TYPES.iter().enumerate() {
            assert!(one.fields.len() <= MOST_FIELDS, "{}", one.name);
            for other in TYPES.iter().skip(index + 1) {
                let apart = one.versions.end() < other.versions.start()
                    || other.versions.end() < one.versions.start();
                assert!(
                    one.number != other.number || apart,
                    "{} {}",
                    one.name,
                    other.name
                );
            }
        }
    }
}
