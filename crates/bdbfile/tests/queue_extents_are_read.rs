//! Queues whose pages lie in extent files beside them, made by the installed
//! `db5.3_load`, read as `db5.3_dump` dumps them.

mod support;

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use bdbfile::Rule;
use bdbfile::layout::Endian;
use bdbfile::read::{DatabaseFile, OwnedRecord};
use bdbfile::source::{FileSource, PageSource, QueueExtents};
use support::libdb_tool;

/// What the test needs to know of a queue.
struct Queue {
    endian: Endian,
    page_size: u32,
    re_len: usize,
    extent: u32,
    checksums: bool,
    records: usize,
}

/// Loads a queue; false where the loader is not installed.
fn load(path: &Path, queue: &Queue) -> bool {
    let mut text = format!(
        "VERSION=3\nformat=print\ntype=queue\nre_len={}\nextentsize={}\ndb_pagesize={}\n\
         db_lorder={}\n{}HEADER=END\n",
        queue.re_len,
        queue.extent,
        queue.page_size,
        queue.endian.lorder(),
        if queue.checksums { "chksum=1\n" } else { "" }
    );
    for number in 1..=queue.records {
        writeln!(text, " record {number}").unwrap();
    }
    text.push_str("DATA=END\n");
    let input = path.with_extension("txt");
    fs::write(&input, text).unwrap();
    let args = [OsStr::new("-f"), input.as_os_str(), path.as_os_str()];
    let Some(output) = libdb_tool("db5.3_load", &args) else {
        return false;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    true
}

/// The records that the real library dumps from a copy of a queue.
fn dumped(path: &Path) -> Vec<Vec<u8>> {
    let copies = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(path.parent().unwrap()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copies.path().join(entry.file_name())).unwrap();
    }
    let copy = copies.path().join(path.file_name().unwrap());
    let output = libdb_tool("db5.3_dump", &[OsStr::new("-p"), copy.as_os_str()]).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let lines = output.stdout.split(|byte| *byte == b'\n');
    lines
        .filter_map(|line| line.strip_prefix(b" "))
        .map(<[u8]>::to_vec)
        .collect()
}

fn read<S: PageSource>(file: &DatabaseFile<S>) -> Vec<OwnedRecord> {
    file.database().records().map(Result::unwrap).collect()
}

fn open(path: &Path) -> DatabaseFile<QueueExtents> {
    DatabaseFile::open(QueueExtents::open(path).unwrap()).unwrap()
}

/// Sets the number of the first record, as taking the records before it does.
fn set_first(path: &Path, endian: Endian, first: u32) {
    let mut bytes = fs::read(path).unwrap();
    endian.put_u32(&mut bytes, 72, first);
    fs::write(path, bytes).unwrap();
}

fn extent(path: &Path, number: u32) -> std::path::PathBuf {
    let name = path.file_name().unwrap().to_str().unwrap();
    path.with_file_name(format!("__dbq.{name}.{number}"))
}

#[test]
fn queues_in_extents_read_as_dumped() {
    let mut read_in_all = 0;
    for (index, (page_size, re_len, extent)) in [
        (512, 40, 1),
        (512, 40, 2),
        (1024, 100, 3),
        (4096, 12, 5),
        (512, 461, 7),
    ]
    .into_iter()
    .enumerate()
    {
        for endian in Endian::BOTH {
            for checksums in [false, true] {
                let queue = Queue {
                    endian,
                    page_size,
                    re_len,
                    extent,
                    checksums,
                    records: 60 + 250 * index,
                };
                let dir = tempfile::tempdir().unwrap();
                let path = dir.path().join("jobs.db");
                if !load(&path, &queue) {
                    return;
                }
                let file = open(&path);
                let found = read(&file);
                let values: Vec<&[u8]> = found.iter().map(|r| r.value.as_slice()).collect();
                assert_eq!(values.len(), queue.records);
                assert!(values == dumped(&path), "{page_size} {re_len} {extent}");
                let numbers = found.iter().map(|record| record.number.unwrap());
                assert!(numbers.eq(1..=u32::try_from(queue.records).unwrap()));
                let report = {
                    let database = file.database();
                    let scan = database.scan().unwrap();
                    scan.finish().unwrap()
                };
                assert_eq!(report.findings, []);
                let database = file.database();
                for record in found.iter().step_by(17) {
                    let value = database.get_record(record.number.unwrap()).unwrap();
                    assert_eq!(value.as_ref(), Some(&record.value));
                }
                assert_eq!(database.get_record(0).unwrap(), None);
                assert_eq!(database.get_record(9_999_999).unwrap(), None);
                read_in_all += found.len();
            }
        }
    }
    println!("{read_in_all} records of queues in extents");
}

/// The extents of records that were taken are removed by the library.
#[test]
fn a_queue_whose_head_was_taken_has_no_extents_there() {
    let queue = Queue {
        endian: Endian::Big,
        page_size: 512,
        re_len: 40,
        extent: 2,
        checksums: false,
        records: 400,
    };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jobs.db");
    if !load(&path, &queue) {
        return;
    }
    // 11 records a page, 22 an extent: record 111 is the first of extent 5.
    for number in 0..5 {
        fs::remove_file(extent(&path, number)).unwrap();
    }
    set_first(&path, queue.endian, 115);
    let file = open(&path);
    let found = read(&file);
    assert_eq!(found.first().unwrap().number, Some(115));
    assert_eq!(found.len(), 400 - 114);
    let values: Vec<&[u8]> = found.iter().map(|r| r.value.as_slice()).collect();
    assert!(values == dumped(&path));
    let scan_report = file.database().records().finish().unwrap().unwrap();
    assert_eq!(scan_report.findings, [], "taken records are not missing");

    // An extent between first and next that is gone: read as empty, and said.
    fs::remove_file(extent(&path, 9)).unwrap();
    let file = open(&path);
    assert_eq!(read(&file).len(), 400 - 114 - 22);
    let report = file.database().records().finish().unwrap().unwrap();
    let rules: Vec<Rule> = report.findings.iter().map(|f| f.rule).collect();
    assert_eq!(rules, [Rule::QueuePagesMissing]);

    // Other files beside it are none of its extents.
    fs::write(dir.path().join("__dbq.jobs.db.09"), b"no").unwrap();
    fs::write(dir.path().join("__dbq.jobs.db.4000000000"), b"hostile").unwrap();
    fs::write(dir.path().join("__dbq.jobs.db.99999999999"), b"no").unwrap();
    fs::write(dir.path().join("__dbq.jobs.d.9"), b"no").unwrap();
    assert_eq!(read(&open(&path)).len(), 400 - 114 - 22);
}

/// A queue opened without its extents must not read as an empty one.
#[test]
fn a_queue_without_its_extents_is_refused() {
    let queue = Queue {
        endian: Endian::Little,
        page_size: 512,
        re_len: 40,
        extent: 2,
        checksums: false,
        records: 400,
    };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jobs.db");
    if !load(&path, &queue) {
        return;
    }
    let file = DatabaseFile::open(FileSource::open(&path).unwrap()).unwrap();
    let error = file.database().scan().unwrap_err();
    assert_eq!(error.rule(), Some(Rule::QueueExtents), "{error}");
    let error = file.database().get_record(1).unwrap_err();
    assert_eq!(error.rule(), Some(Rule::QueueExtents), "{error}");
}

/// Where numbers have begun again at 1 the last extents come first.
#[test]
fn numbers_that_began_again_are_read_in_the_order_of_the_queue() {
    let queue = Queue {
        endian: Endian::Little,
        page_size: 512,
        re_len: 40,
        extent: 2,
        checksums: false,
        records: 40,
    };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jobs.db");
    if !load(&path, &queue) {
        return;
    }
    // The last page there can be, as it would be with its own number.
    let last_page = (u32::MAX - 1) / 11 + 1;
    let number = (last_page - 1) / 2;
    let mut bytes = fs::read(extent(&path, 0)).unwrap();
    bytes.truncate(512);
    bytes[8..12].copy_from_slice(&last_page.to_le_bytes());
    let index = (last_page - 1) % 2;
    let mut whole = vec![0; 512 * index as usize];
    whole.extend_from_slice(&bytes);
    fs::write(extent(&path, number), whole).unwrap();
    let first = (last_page - 1) * 11 + 1;
    set_first(&path, queue.endian, first);
    let file = open(&path);
    let numbers: Vec<u32> = read(&file).iter().map(|r| r.number.unwrap()).collect();
    let count = usize::try_from(u32::MAX - first + 1).unwrap().min(11);
    assert_eq!(numbers.len(), 40 + count);
    assert_eq!(numbers[0], first);
    assert_eq!(numbers[count], 1);
    assert_eq!(numbers.last(), Some(&40));
}

/// Any other file is read as it is.
#[test]
fn a_database_without_extents_is_read_as_it_is() {
    let Some(root) = support::samples() else {
        return;
    };
    for name in [
        "x64-5.3.28/q-fix-be.db",
        "x86-3.2.9/q-fix-le.db",
        "x86-2.7.7/h-dup-le.db",
    ] {
        let path = root.join(name);
        let plain = DatabaseFile::open(FileSource::open(&path).unwrap()).unwrap();
        assert!(read(&open(&path)) == read(&plain), "{name}");
    }
}
