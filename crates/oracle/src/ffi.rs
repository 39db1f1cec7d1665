//! libdb's handles behind calls that cannot be misused: the one module with
//! unsafe code.
//!
//! What keeps it sound: a handle is closed once, by `close` or by `Drop`; a
//! database or transaction keeps its environment alive through an `Rc`; no
//! handle crosses a thread (raw pointers are not `Send`); memory which libdb
//! owns is copied before the next call; a cursor never outlives the function
//! that opened it.

#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::rc::Rc;

use libdb_sys::ffi as sys;

use crate::bulk::Bulk;
use crate::database::Position;
use crate::environment::{Durability, EnvironmentOptions, Recovery};
use crate::error::Error;
use crate::options::{ByteOrder, DatabaseOptions, Duplicates, HashFunction, Method, Order};
use crate::statistics::TreeStatistics;

/// libdb's constants that the other modules name.
pub(crate) mod flag {
    pub(crate) use libdb_sys::ffi::{
        DB_APPEND, DB_CHKSUM, DB_CONSUME, DB_KEYEXIST, DB_LOCK_DEADLOCK, DB_LOCK_NOTGRANTED,
        DB_NOORDERCHK, DB_NOOVERWRITE, DB_RECNUM, DB_RENUMBER, DB_VERIFY_BAD,
    };
}

const MODE: c_int = 0o644;

unsafe extern "C" {
    /// What libdb allocates for its caller comes from the allocator of C.
    fn free(place: *mut c_void);
}

thread_local! {
    /// What libdb said since the last call. Its calls return on the thread
    /// that made them, so the messages of one call are found here.
    static MESSAGES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

unsafe extern "C" fn note(_: *const sys::DB_ENV, _: *const c_char, text: *const c_char) {
    if !text.is_null() {
        // SAFETY: libdb passes a C string that lives through the callback.
        let text = unsafe { CStr::from_ptr(text) }
            .to_string_lossy()
            .into_owned();
        MESSAGES.with_borrow_mut(|messages| messages.push(text));
    }
}

/// Calls a method of a handle through its table of functions.
macro_rules! call {
    ($handle:expr, $method:ident $(, $argument:expr)*) => {{
        let handle = $handle;
        // SAFETY: the handle is open (module invariant), the arguments live
        // through the call, and libdb fills every method of a handle it made.
        unsafe { ((*handle).$method.expect("libdb fills every method"))(handle $(, $argument)*) }
    }};
}

fn check(code: c_int, doing: impl FnOnce() -> String) -> Result<(), Error> {
    let messages = MESSAGES.take();
    if code == 0 {
        return Ok(());
    }
    // SAFETY: db_strerror returns a static or thread-stable C string.
    let text = unsafe { CStr::from_ptr(sys::db_strerror(code)) };
    let text = text.to_string_lossy().into_owned();
    Err(Error::new(code, text, doing(), messages))
}

fn c_path(path: &Path) -> Result<CString, Error> {
    c_text(path.as_os_str().as_bytes())
}

fn c_text(bytes: &[u8]) -> Result<CString, Error> {
    CString::new(bytes).map_err(|_| {
        Error::refused(
            "a name holds a NUL byte",
            String::from_utf8_lossy(bytes).into_owned(),
        )
    })
}

fn c_name(name: Option<&str>) -> Result<Option<CString>, Error> {
    name.map(|name| c_text(name.as_bytes())).transpose()
}

fn pointer(name: Option<&CString>) -> *const c_char {
    name.map_or(ptr::null(), |name| name.as_ptr())
}

pub(crate) fn version() -> (i32, i32, i32) {
    let (mut major, mut minor, mut patch) = (0, 0, 0);
    // SAFETY: three valid places for three ints.
    unsafe { sys::db_version(&raw mut major, &raw mut minor, &raw mut patch) };
    (major, minor, patch)
}

/// An open environment.
#[derive(Debug)]
pub(crate) struct Env {
    handle: *mut sys::DB_ENV,
    /// Set when the environment is left as a killed process leaves it: nothing
    /// that hangs on it is closed any more.
    abandoned: Cell<bool>,
}

impl Env {
    pub(crate) fn open(dir: &Path, options: &EnvironmentOptions) -> Result<Rc<Self>, Error> {
        let doing = || format!("open environment {}", dir.display());
        let home = c_path(dir)?;
        let mut handle = ptr::null_mut();
        // SAFETY: a valid place for the handle.
        check(unsafe { sys::db_env_create(&raw mut handle, 0) }, doing)?;
        // From here on Drop closes the handle, also when a step below fails,
        // as libdb asks for.
        let env = Rc::new(Self {
            handle,
            abandoned: Cell::new(false),
        });
        call!(handle, set_errcall, Some(note));
        check(
            call!(handle, set_cachesize, 0, options.cache_bytes, 1),
            doing,
        )?;
        check(call!(handle, set_mp_pagesize, options.page_size), doing)?;
        check(call!(handle, set_lg_max, options.log_file_max), doing)?;
        let buffer = (options.log_file_max / 8).min(256 << 10);
        check(call!(handle, set_lg_bsize, buffer), doing)?;
        check(call!(handle, set_lk_max_locks, options.max_locks), doing)?;
        check(call!(handle, set_lk_max_objects, options.max_locks), doing)?;
        let sync = match options.durability {
            Durability::Synced => None,
            Durability::Written => Some(sys::DB_TXN_WRITE_NOSYNC),
            Durability::Buffered => Some(sys::DB_TXN_NOSYNC),
        };
        if let Some(sync) = sync {
            check(call!(handle, set_flags, sync, 1), doing)?;
        }
        if !options.lock_wait {
            check(call!(handle, set_flags, sys::DB_TXN_NOWAIT, 1), doing)?;
        }
        let mut flags = sys::DB_CREATE
            | sys::DB_INIT_TXN
            | sys::DB_INIT_LOG
            | sys::DB_INIT_MPOOL
            | sys::DB_INIT_LOCK;
        flags |= match options.recovery {
            Recovery::None => 0,
            Recovery::Normal => sys::DB_RECOVER,
            Recovery::Catastrophic => sys::DB_RECOVER_FATAL,
        };
        check(call!(handle, open, home.as_ptr(), flags, MODE), doing)?;
        Ok(env)
    }

    pub(crate) fn abandon(&self) {
        self.abandoned.set(true);
    }

    pub(crate) fn close(mut self) -> Result<(), Error> {
        let handle = std::mem::replace(&mut self.handle, ptr::null_mut());
        check(call!(handle, close, 0), || "close environment".into())
    }

    pub(crate) fn checkpoint(&self) -> Result<(), Error> {
        check(
            call!(self.handle, txn_checkpoint, 0, 0, sys::DB_FORCE),
            || "checkpoint".into(),
        )
    }

    pub(crate) fn flush_log(&self) -> Result<(), Error> {
        let code = call!(self.handle, log_flush, ptr::null());
        check(code, || "flush the log".into())
    }

    /// Writes pages until `percent` of the cache are clean.
    pub(crate) fn trickle(&self, percent: i32) -> Result<(), Error> {
        let code = call!(self.handle, memp_trickle, percent, ptr::null_mut());
        check(code, || "write some pages".into())
    }

    /// Removes a file, or one database of it.
    pub(crate) fn remove(
        self: &Rc<Self>,
        txn: Option<&Txn>,
        file: &Path,
        name: Option<&str>,
    ) -> Result<(), Error> {
        let doing = || format!("remove {} from {}", name.unwrap_or("all"), file.display());
        let (path, name) = (c_path(file)?, c_name(name)?);
        let txn_handle = self.within(txn, doing)?;
        let code = call!(
            self.handle,
            dbremove,
            txn_handle,
            path.as_ptr(),
            pointer(name.as_ref()),
            Self::commit_flag(txn)
        );
        check(code, doing)
    }

    /// Renames a file, or one database of it.
    pub(crate) fn rename(
        self: &Rc<Self>,
        txn: Option<&Txn>,
        file: &Path,
        name: Option<&str>,
        new: &str,
    ) -> Result<(), Error> {
        let doing = || format!("rename {} of {}", name.unwrap_or("all"), file.display());
        let (path, name, new) = (c_path(file)?, c_name(name)?, c_text(new.as_bytes())?);
        let txn_handle = self.within(txn, doing)?;
        let code = call!(
            self.handle,
            dbrename,
            txn_handle,
            path.as_ptr(),
            pointer(name.as_ref()),
            new.as_ptr(),
            Self::commit_flag(txn)
        );
        check(code, doing)
    }

    /// A call with no transaction is one of its own.
    fn commit_flag(txn: Option<&Txn>) -> u32 {
        if txn.is_none() {
            sys::DB_AUTO_COMMIT
        } else {
            0
        }
    }

    /// The transaction's handle for a call in this environment.
    fn within(
        self: &Rc<Self>,
        txn: Option<&Txn>,
        doing: impl FnOnce() -> String,
    ) -> Result<*mut sys::DB_TXN, Error> {
        match txn {
            None => Ok(ptr::null_mut()),
            Some(txn) if txn.is_of(self) => Ok(txn.0.handle),
            Some(_) => Err(Error::refused(
                "the transaction is of another environment",
                doing(),
            )),
        }
    }

    pub(crate) fn remove_old_logs(&self) -> Result<(), Error> {
        check(
            call!(
                self.handle,
                log_archive,
                ptr::null_mut(),
                sys::DB_ARCH_REMOVE
            ),
            || "remove logs no longer needed".into(),
        )
    }
}

impl Drop for Env {
    fn drop(&mut self) {
        if !self.handle.is_null() && !self.abandoned.get() {
            call!(self.handle, close, 0);
            MESSAGES.take();
        }
    }
}

/// An unresolved transaction; dropped with all its children it is aborted.
#[derive(Debug)]
pub(crate) struct Txn(Rc<Unresolved>);

/// A child keeps its parent, since libdb takes the handles of children with
/// that of their parent.
#[derive(Debug)]
struct Unresolved {
    handle: *mut sys::DB_TXN,
    env: Rc<Env>,
    _parent: Option<Rc<Unresolved>>,
}

impl Txn {
    pub(crate) fn begin(env: &Rc<Env>) -> Result<Self, Error> {
        Self::begin_below(env, None)
    }

    pub(crate) fn begin_child(&self) -> Result<Self, Error> {
        Self::begin_below(&self.0.env, Some(&self.0))
    }

    fn begin_below(env: &Rc<Env>, parent: Option<&Rc<Unresolved>>) -> Result<Self, Error> {
        let above = parent.map_or(ptr::null_mut(), |parent| parent.handle);
        let mut handle = ptr::null_mut();
        check(
            call!(env.handle, txn_begin, above, &raw mut handle, 0),
            || "begin transaction".into(),
        )?;
        Ok(Self(Rc::new(Unresolved {
            handle,
            env: Rc::clone(env),
            _parent: parent.cloned(),
        })))
    }

    pub(crate) fn commit(self) -> Result<(), Error> {
        let doing = || "commit transaction".into();
        let handle = self.resolved(doing)?;
        check(call!(handle, commit, 0), doing)
    }

    pub(crate) fn abort(self) -> Result<(), Error> {
        let doing = || "abort transaction".into();
        let handle = self.resolved(doing)?;
        check(call!(handle, abort), doing)
    }

    /// The handle, for the call that resolves the transaction.
    fn resolved(self, doing: impl FnOnce() -> String) -> Result<*mut sys::DB_TXN, Error> {
        match Rc::try_unwrap(self.0) {
            Ok(mut txn) => Ok(std::mem::replace(&mut txn.handle, ptr::null_mut())),
            Err(_) => Err(Error::refused("a child is not resolved", doing())),
        }
    }

    fn is_of(&self, env: &Rc<Env>) -> bool {
        Rc::ptr_eq(env, &self.0.env)
    }
}

impl Drop for Unresolved {
    fn drop(&mut self) {
        if !self.handle.is_null() && !self.env.abandoned.get() {
            call!(self.handle, abort);
            MESSAGES.take();
        }
    }
}

/// An open database.
#[derive(Debug)]
pub(crate) struct Db {
    handle: *mut sys::DB,
    env: Option<Rc<Env>>,
    label: String,
}

/// How to come by a database: make it, or open one that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Create,
    Write,
    Read,
}

impl Db {
    /// A handle that is not open yet.
    fn handle(env: Option<&Rc<Env>>, label: String) -> Result<Self, Error> {
        let parent = env.map_or(ptr::null_mut(), |env| env.handle);
        let mut handle = ptr::null_mut();
        // SAFETY: a valid place for the handle; the environment is open or null.
        check(
            unsafe { sys::db_create(&raw mut handle, parent, 0) },
            || format!("make a handle for {label}"),
        )?;
        call!(handle, set_errcall, Some(note));
        Ok(Self {
            handle,
            env: env.cloned(),
            label,
        })
    }

    pub(crate) fn open(
        env: Option<&Rc<Env>>,
        txn: Option<&Txn>,
        file: &Path,
        access: Access,
        options: &DatabaseOptions,
    ) -> Result<Self, Error> {
        let path = c_path(file)?;
        let name = c_name(options.name.as_deref())?;
        let db = Self::handle(env, file.display().to_string())?;
        let txn_handle = db.within(txn)?;
        db.set_functions(options.order, options.hash_function)?;
        if env.is_none()
            && let Some(bytes) = options.cache_bytes
        {
            db.set_cache(bytes)?;
        }
        if access == Access::Create {
            db.set_layout(options)?;
        }
        let (kind, flags) = match access {
            Access::Create => {
                // A sub-database is made in a file that may exist already.
                let exclusive = if name.is_none() { sys::DB_EXCL } else { 0 };
                (method_code(options.method), sys::DB_CREATE | exclusive)
            }
            Access::Write => (sys::DBTYPE_DB_UNKNOWN, 0),
            Access::Read => (sys::DBTYPE_DB_UNKNOWN, sys::DB_RDONLY),
        };
        let commit = if env.is_some() {
            Env::commit_flag(txn)
        } else {
            0
        };
        let code = call!(
            db.handle,
            open,
            txn_handle,
            path.as_ptr(),
            pointer(name.as_ref()),
            kind,
            flags | commit,
            MODE
        );
        db.check(code, "open")?;
        Ok(db)
    }

    fn set_cache(&self, bytes: u32) -> Result<(), Error> {
        let code = call!(self.handle, set_cachesize, 0, bytes, 1);
        self.check(code, "size cache of")
    }

    fn set_functions(&self, order: Order, hash: HashFunction) -> Result<(), Error> {
        if order == Order::Reversed {
            let code = call!(self.handle, set_bt_compare, Some(reversed));
            self.check(code, "set key order of")?;
        }
        if hash == HashFunction::Times33 {
            let code = call!(self.handle, set_h_hash, Some(times33));
            self.check(code, "set hash function of")?;
        }
        Ok(())
    }

    fn set_layout(&self, options: &DatabaseOptions) -> Result<(), Error> {
        if let Some(size) = options.page_size {
            let code = call!(self.handle, set_pagesize, size);
            self.check(code, "set page size of")?;
        }
        let order = match options.byte_order {
            ByteOrder::Native => None,
            ByteOrder::Little => Some(1234),
            ByteOrder::Big => Some(4321),
        };
        if let Some(order) = order {
            self.check(call!(self.handle, set_lorder, order), "set byte order of")?;
        }
        if let Some(length) = options.record_length {
            let code = call!(self.handle, set_re_len, length);
            self.check(code, "set record length of")?;
        }
        let mut flags = match options.duplicates {
            Duplicates::None => 0,
            Duplicates::Unsorted => sys::DB_DUP,
            Duplicates::Sorted => sys::DB_DUPSORT,
        };
        if options.record_numbers {
            flags |= sys::DB_RECNUM;
        }
        if options.renumber {
            flags |= sys::DB_RENUMBER;
        }
        if options.checksums {
            flags |= sys::DB_CHKSUM;
        }
        self.check(call!(self.handle, set_flags, flags), "set flags of")
    }

    /// Verifies a file that nothing has open.
    pub(crate) fn verify(
        file: &Path,
        (order, hash): (Order, HashFunction),
        cache_bytes: Option<u32>,
        flags: u32,
    ) -> Result<(), Error> {
        let path = c_path(file)?;
        let mut db = Self::handle(None, file.display().to_string())?;
        db.set_functions(order, hash)?;
        if let Some(bytes) = cache_bytes {
            db.set_cache(bytes)?;
        }
        // The call takes the handle with it, whatever it returns.
        let handle = std::mem::replace(&mut db.handle, ptr::null_mut());
        let code = call!(
            handle,
            verify,
            path.as_ptr(),
            ptr::null(),
            ptr::null_mut(),
            flags
        );
        db.check(code, "verify")
    }

    fn check(&self, code: c_int, doing: &str) -> Result<(), Error> {
        check(code, || format!("{doing} {}", self.label))
    }

    pub(crate) fn env(&self) -> Option<&Rc<Env>> {
        self.env.as_ref()
    }

    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    pub(crate) fn method(&self) -> Result<Option<Method>, Error> {
        let mut kind = sys::DBTYPE_DB_UNKNOWN;
        let code = call!(self.handle, get_type, &raw mut kind);
        self.check(code, "ask the method of")?;
        Ok(match kind {
            sys::DBTYPE_DB_BTREE => Some(Method::Btree),
            sys::DBTYPE_DB_HASH => Some(Method::Hash),
            sys::DBTYPE_DB_RECNO => Some(Method::Recno),
            sys::DBTYPE_DB_QUEUE => Some(Method::Queue),
            _ => None,
        })
    }

    pub(crate) fn page_size(&self) -> Result<u32, Error> {
        let mut size = 0;
        let code = call!(self.handle, get_pagesize, &raw mut size);
        self.check(code, "ask the page size of")?;
        Ok(size)
    }

    pub(crate) fn duplicates(&self) -> Result<Duplicates, Error> {
        Ok(if self.has_flag(sys::DB_DUPSORT)? {
            Duplicates::Sorted
        } else if self.has_flag(sys::DB_DUP)? {
            Duplicates::Unsorted
        } else {
            Duplicates::None
        })
    }

    pub(crate) fn byte_order(&self) -> Result<ByteOrder, Error> {
        let mut order = 0;
        let code = call!(self.handle, get_lorder, &raw mut order);
        self.check(code, "ask the byte order of")?;
        Ok(match order {
            4321 => ByteOrder::Big,
            _ => ByteOrder::Little,
        })
    }

    /// The length of the records, where they all have the same.
    pub(crate) fn record_length(&self) -> Result<Option<u32>, Error> {
        let mut length = 0;
        let code = call!(self.handle, get_re_len, &raw mut length);
        self.check(code, "ask the record length of")?;
        Ok((length > 0).then_some(length))
    }

    /// Whether a flag was given to the database when it was made.
    pub(crate) fn has_flag(&self, flag: u32) -> Result<bool, Error> {
        let mut flags = 0;
        let code = call!(self.handle, get_flags, &raw mut flags);
        self.check(code, "ask the flags of")?;
        Ok(flags & flag != 0)
    }

    /// The statistics of a btree or recno database, by reading all of it.
    pub(crate) fn tree_statistics(&self) -> Result<TreeStatistics, Error> {
        if !matches!(self.method()?, Some(Method::Btree | Method::Recno)) {
            return Err(Error::refused("no tree", self.label.clone()));
        }
        let mut found: *mut sys::DB_BTREE_STAT = ptr::null_mut();
        let place = (&raw mut found).cast::<c_void>();
        let code = call!(self.handle, stat, ptr::null_mut(), place, 0);
        self.check(code, "gather the statistics of")?;
        // SAFETY: for these two methods libdb returns that structure, in
        // memory that is the caller's.
        let statistics = unsafe {
            let found = &*found;
            TreeStatistics {
                keys: found.bt_nkeys,
                records: found.bt_ndata,
                pages: found.bt_pagecnt,
                levels: found.bt_levels,
                internal: found.bt_int_pg,
                leaves: found.bt_leaf_pg,
                duplicates: found.bt_dup_pg,
                overflow: found.bt_over_pg,
                free: found.bt_free,
            }
        };
        // SAFETY: given once, not used again.
        unsafe { free(found.cast()) };
        Ok(statistics)
    }

    /// Whether the file holds named sub-databases.
    pub(crate) fn has_subdatabases(&self) -> bool {
        call!(self.handle, get_multiple) != 0
    }

    /// The transaction's handle for a call on this database.
    fn within(&self, txn: Option<&Txn>) -> Result<*mut sys::DB_TXN, Error> {
        let doing = || format!("use {}", self.label);
        match (&self.env, txn) {
            (_, None) => Ok(ptr::null_mut()),
            (Some(env), txn) => env.within(txn, doing),
            (None, Some(_)) => Err(Error::refused("a transaction without environment", doing())),
        }
    }

    pub(crate) fn put(
        &self,
        txn: Option<&Txn>,
        key: &[u8],
        value: &[u8],
        flags: u32,
    ) -> Result<(), Error> {
        let txn = self.within(txn)?;
        let (mut key, mut value) = (self.input(key)?, self.input(value)?);
        let code = call!(self.handle, put, txn, &raw mut key, &raw mut value, flags);
        self.check(code, "put into")
    }

    /// Appends a record and returns the number libdb gave it.
    pub(crate) fn append(&self, txn: Option<&Txn>, value: &[u8]) -> Result<u32, Error> {
        let txn = self.within(txn)?;
        let (mut key, mut value) = (sys::DBT::default(), self.input(value)?);
        let code = call!(
            self.handle,
            put,
            txn,
            &raw mut key,
            &raw mut value,
            flag::DB_APPEND
        );
        self.check(code, "append to")?;
        // SAFETY: see `bytes`.
        let number = unsafe { bytes(&key) }.try_into();
        number
            .map(native_number)
            .map_err(|_| Error::refused("no record number came back", self.label.clone()))
    }

    pub(crate) fn get(&self, txn: Option<&Txn>, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let txn = self.within(txn)?;
        let (mut key, mut value) = (self.input(key)?, sys::DBT::default());
        let code = call!(self.handle, get, txn, &raw mut key, &raw mut value, 0);
        if is_absent(code) {
            MESSAGES.take();
            return Ok(None);
        }
        self.check(code, "get from")?;
        // SAFETY: see `bytes`.
        Ok(Some(unsafe { bytes(&value) }.to_vec()))
    }

    /// Deletes a key with all its data; false when there was none.
    pub(crate) fn delete(&self, txn: Option<&Txn>, key: &[u8]) -> Result<bool, Error> {
        let txn = self.within(txn)?;
        let mut key = self.input(key)?;
        let code = call!(self.handle, del, txn, &raw mut key, 0);
        if is_absent(code) {
            MESSAGES.take();
            return Ok(false);
        }
        self.check(code, "delete from").map(|()| true)
    }

    /// Deletes one data item of a key; false when there was no such pair.
    pub(crate) fn delete_pair(
        &self,
        txn: Option<&Txn>,
        key: &[u8],
        value: &[u8],
    ) -> Result<bool, Error> {
        let cursor = Cursor::open(self, txn)?;
        let (mut key, mut value) = (self.input(key)?, self.input(value)?);
        let code = call!(
            cursor.handle,
            get,
            &raw mut key,
            &raw mut value,
            sys::DB_GET_BOTH
        );
        if is_absent(code) {
            MESSAGES.take();
            return Ok(false);
        }
        self.check(code, "find a pair in")?;
        self.check(call!(cursor.handle, del, 0), "delete a pair from")?;
        cursor.close().map(|()| true)
    }

    /// Puts `value` in the place of `length` bytes of a record's data.
    pub(crate) fn put_part(
        &self,
        txn: Option<&Txn>,
        key: &[u8],
        (offset, length): (u32, u32),
        value: &[u8],
    ) -> Result<(), Error> {
        let txn = self.within(txn)?;
        let mut key = self.input(key)?;
        let mut value = sys::DBT {
            doff: offset,
            dlen: length,
            flags: sys::DB_DBT_PARTIAL,
            ..self.input(value)?
        };
        let code = call!(self.handle, put, txn, &raw mut key, &raw mut value, 0);
        self.check(code, "put a part into")
    }

    /// Puts a record at the one of a key, as `flag` says; false when there is
    /// no such key.
    pub(crate) fn put_by_cursor(
        &self,
        txn: Option<&Txn>,
        key: &[u8],
        value: &[u8],
        position: Position,
    ) -> Result<bool, Error> {
        let cursor = Cursor::open(self, txn)?;
        if !cursor.seek(key, sys::DB_SET)? {
            return Ok(false);
        }
        let flag = match position {
            Position::Here => sys::DB_CURRENT,
            Position::Before => sys::DB_BEFORE,
            Position::After => sys::DB_AFTER,
        };
        let (mut key, mut value) = (sys::DBT::default(), self.input(value)?);
        let code = call!(cursor.handle, put, &raw mut key, &raw mut value, flag);
        self.check(code, "put by a cursor into")?;
        cursor.close().map(|()| true)
    }

    /// Deletes up to `count` records by a cursor, from a key on (in a hash or
    /// queue database the key must be there); how many.
    pub(crate) fn delete_run(
        &self,
        txn: Option<&Txn>,
        key: &[u8],
        count: u32,
    ) -> Result<u32, Error> {
        let ordered = matches!(self.method()?, Some(Method::Btree | Method::Recno));
        let first = if ordered {
            sys::DB_SET_RANGE
        } else {
            sys::DB_SET
        };
        let cursor = Cursor::open(self, txn)?;
        let mut deleted = 0;
        let mut found = cursor.seek(key, first)?;
        while found && deleted < count {
            self.check(call!(cursor.handle, del, 0), "delete by a cursor from")?;
            deleted += 1;
            found = cursor.seek(&[], sys::DB_NEXT)?;
        }
        cursor.close().map(|()| deleted)
    }

    /// Takes the first record from a queue; false when it is empty.
    pub(crate) fn consume(&self, txn: Option<&Txn>) -> Result<bool, Error> {
        let txn = self.within(txn)?;
        let (mut key, mut value) = (sys::DBT::default(), sys::DBT::default());
        let code = call!(
            self.handle,
            get,
            txn,
            &raw mut key,
            &raw mut value,
            flag::DB_CONSUME
        );
        if is_absent(code) {
            MESSAGES.take();
            return Ok(false);
        }
        self.check(code, "consume from").map(|()| true)
    }

    /// Deletes all records.
    pub(crate) fn truncate(&self, txn: Option<&Txn>) -> Result<(), Error> {
        let txn = self.within(txn)?;
        let mut count = 0;
        let code = call!(self.handle, truncate, txn, &raw mut count, 0);
        self.check(code, "truncate")
    }

    /// Moves what is in a database together; with `give_back` the pages at the
    /// end of the file that get free go back to the file system.
    pub(crate) fn compact(&self, txn: Option<&Txn>, give_back: bool) -> Result<(), Error> {
        let txn = self.within(txn)?;
        let none: *mut sys::DBT = ptr::null_mut();
        let flags = if give_back { sys::DB_FREE_SPACE } else { 0 };
        let code = call!(
            self.handle,
            compact,
            txn,
            none,
            none,
            ptr::null_mut(),
            flags,
            none
        );
        self.check(code, "compact")
    }

    /// Shows every record in database order until told to break off.
    pub(crate) fn walk(
        &self,
        mut each: impl FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let cursor = Cursor::open(self, None)?;
        let (mut key, mut value) = (sys::DBT::default(), sys::DBT::default());
        let (mut key_copy, mut value_copy) = (Vec::new(), Vec::new());
        loop {
            let code = call!(
                cursor.handle,
                get,
                &raw mut key,
                &raw mut value,
                sys::DB_NEXT
            );
            if code == sys::DB_NOTFOUND {
                break;
            }
            self.check(code, "walk over")?;
            // Copied, because `each` may call into libdb again.
            key_copy.clear();
            value_copy.clear();
            // SAFETY: see `bytes`; libdb keeps both until the cursor moves.
            unsafe {
                key_copy.extend_from_slice(bytes(&key));
                value_copy.extend_from_slice(bytes(&value));
            }
            if each(&key_copy, &value_copy).is_break() {
                break;
            }
        }
        cursor.close()
    }

    /// Shows every record in database order, as many at a time as fit into
    /// `bulk`.
    pub(crate) fn walk_bulk(
        &self,
        bulk: &mut Bulk,
        mut each: impl FnMut(&mut Bulk) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let cursor = Cursor::open(self, None)?;
        loop {
            let mut key = sys::DBT::default();
            let mut value = self.bulk_item(bulk)?;
            let code = call!(
                cursor.handle,
                get,
                &raw mut key,
                &raw mut value,
                sys::DB_NEXT | sys::DB_MULTIPLE_KEY
            );
            if code != 0 {
                // Whatever is in it, it may have no end.
                bulk.clear();
            }
            match code {
                0 => each(bulk)?,
                sys::DB_NOTFOUND => break,
                sys::DB_BUFFER_SMALL => {
                    MESSAGES.take();
                    bulk.grow(value.size as usize);
                }
                code => self.check(code, "walk over")?,
            }
        }
        cursor.close()
    }

    /// Puts all records of `bulk`, in their order.
    pub(crate) fn put_bulk(&self, txn: Option<&Txn>, bulk: &mut Bulk) -> Result<(), Error> {
        let txn = self.within(txn)?;
        let mut records = self.bulk_item(bulk)?;
        records.flags |= sys::DB_DBT_BULK;
        let mut none = sys::DBT::default();
        let code = call!(
            self.handle,
            put,
            txn,
            &raw mut records,
            &raw mut none,
            sys::DB_MULTIPLE_KEY
        );
        self.check(code, "put many into")
    }

    /// An item that libdb reads from `bulk` or fills it by.
    fn bulk_item(&self, bulk: &mut Bulk) -> Result<sys::DBT, Error> {
        let bytes = bulk.as_mut_bytes();
        let data = bytes.as_mut_ptr();
        // The numbers at its end are read and written as such.
        if data.align_offset(align_of::<u32>()) != 0 {
            return Err(Error::refused(
                "a buffer of many records is not aligned",
                format!("use {}", self.label),
            ));
        }
        Ok(sys::DBT {
            data: data.cast::<c_void>(),
            ulen: u32::try_from(bytes.len()).map_err(|_| {
                Error::refused("a buffer of 4 GiB or more", format!("use {}", self.label))
            })?,
            flags: sys::DB_DBT_USERMEM,
            ..sys::DBT::default()
        })
    }

    pub(crate) fn sync(&self) -> Result<(), Error> {
        self.check(call!(self.handle, sync, 0), "flush")
    }

    pub(crate) fn close(mut self) -> Result<(), Error> {
        let handle = std::mem::replace(&mut self.handle, ptr::null_mut());
        self.check(call!(handle, close, 0), "close")
    }

    /// Closes the database and leaves its pages in the cache of the
    /// environment.
    pub(crate) fn close_unflushed(mut self) -> Result<(), Error> {
        let handle = std::mem::replace(&mut self.handle, ptr::null_mut());
        self.check(call!(handle, close, sys::DB_NOSYNC), "close")
    }

    fn input(&self, bytes: &[u8]) -> Result<sys::DBT, Error> {
        let size = u32::try_from(bytes.len()).map_err(|_| {
            Error::refused("more than 4 GiB in one item", format!("use {}", self.label))
        })?;
        Ok(sys::DBT {
            // libdb does not write through the pointer of an input item.
            data: bytes.as_ptr().cast_mut().cast::<c_void>(),
            size,
            ..sys::DBT::default()
        })
    }
}

impl Drop for Db {
    fn drop(&mut self) {
        let abandoned = self.env.as_ref().is_some_and(|env| env.abandoned.get());
        if !self.handle.is_null() && !abandoned {
            call!(self.handle, close, 0);
            MESSAGES.take();
        }
    }
}

/// A cursor, closed when dropped: it must not outlive its database.
struct Cursor<'db> {
    handle: *mut sys::DBC,
    db: &'db Db,
}

impl<'db> Cursor<'db> {
    fn open(db: &'db Db, txn: Option<&Txn>) -> Result<Self, Error> {
        let txn = db.within(txn)?;
        let mut handle = ptr::null_mut();
        let code = call!(db.handle, cursor, txn, &raw mut handle, 0);
        db.check(code, "open a cursor on")?;
        Ok(Self { handle, db })
    }

    /// Moves to a key, or as `flag` says; false when there is nothing.
    fn seek(&self, key: &[u8], flag: u32) -> Result<bool, Error> {
        let (mut key, mut value) = (self.db.input(key)?, sys::DBT::default());
        let code = call!(self.handle, get, &raw mut key, &raw mut value, flag);
        if is_absent(code) {
            MESSAGES.take();
            return Ok(false);
        }
        self.db.check(code, "move a cursor on").map(|()| true)
    }

    fn close(mut self) -> Result<(), Error> {
        let handle = std::mem::replace(&mut self.handle, ptr::null_mut());
        self.db.check(call!(handle, close), "close a cursor on")
    }
}

impl Drop for Cursor<'_> {
    fn drop(&mut self) {
        if !self.handle.is_null() {
            call!(self.handle, close);
            MESSAGES.take();
        }
    }
}

fn is_absent(code: c_int) -> bool {
    code == sys::DB_NOTFOUND || code == sys::DB_KEYEMPTY
}

fn method_code(method: Method) -> sys::DBTYPE {
    match method {
        Method::Btree => sys::DBTYPE_DB_BTREE,
        Method::Hash => sys::DBTYPE_DB_HASH,
        Method::Recno => sys::DBTYPE_DB_RECNO,
        Method::Queue => sys::DBTYPE_DB_QUEUE,
    }
}

/// Record numbers cross libdb's API as integers of this machine.
#[allow(clippy::host_endian_bytes)]
pub(crate) fn native_number(bytes: [u8; 4]) -> u32 {
    u32::from_ne_bytes(bytes)
}

/// The opposite of [`native_number`].
#[allow(clippy::host_endian_bytes)]
pub(crate) fn number_bytes(number: u32) -> [u8; 4] {
    number.to_ne_bytes()
}

/// The bytes an item points to.
///
/// # Safety
/// The item came from libdb (or from a slice) and its bytes have not been given
/// back: no call was made on the handle that returned it.
unsafe fn bytes(item: &sys::DBT) -> &[u8] {
    if item.size == 0 || item.data.is_null() {
        return &[];
    }
    // SAFETY: libdb sets data and size together.
    unsafe { std::slice::from_raw_parts(item.data.cast::<u8>(), item.size as usize) }
}

unsafe extern "C" fn reversed(_: *mut sys::DB, a: *const sys::DBT, b: *const sys::DBT) -> c_int {
    // SAFETY: libdb passes two items that live through the callback.
    let (a, b) = unsafe { (bytes(&*a), bytes(&*b)) };
    b.cmp(a) as c_int
}

unsafe extern "C" fn times33(_: *mut sys::DB, data: *const c_void, size: u32) -> u32 {
    let item = sys::DBT {
        data: data.cast_mut(),
        size,
        ..sys::DBT::default()
    };
    // SAFETY: libdb passes the bytes of a key that live through the callback.
    let key = unsafe { bytes(&item) };
    key.iter().fold(0, |hash: u32, &byte| {
        hash.wrapping_mul(33).wrapping_add(u32::from(byte))
    })
}
