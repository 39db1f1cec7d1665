//! A sort of 64 MiB within 1 MiB. Alone in its process: what is measured is
//! the memory of the whole process.

use std::fs;

use bdbfile::write::{SortBudget, SortOrder, Sorter};

const BUDGET: usize = 1 << 20;
const RECORDS: u32 = 131_072;
const VALUE: usize = 500;
/// What the test itself and the allocator may need besides.
const SLACK: u64 = 1 << 20;

/// The most memory this process ever had, in bytes; `None` where the system
/// does not say.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

fn key(number: u32) -> [u8; 12] {
    let mut key = *b"key         ";
    key[4..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b1).to_be_bytes());
    key
}

#[test]
fn sixty_four_mebibytes_are_sorted_within_one() {
    let before = peak();
    let dir = tempfile::tempdir().unwrap();
    let budget = SortBudget {
        bytes: BUDGET,
        spill: bdbfile::spill::SpillPlace::Directory(dir.path().to_path_buf()),
    };
    let mut sorter = Sorter::new(SortOrder::Keys, &budget);
    let mut value = [b'v'; VALUE];
    for index in 0..RECORDS {
        value[..4].copy_from_slice(&index.to_be_bytes());
        sorter.push(0, &key(index), &value).unwrap();
    }
    // Parked: longer than any buffer of the merge.
    let long = vec![b'l'; 300_000];
    sorter.push(1, b"long", &long).unwrap();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    let mut all = sorter.finish().unwrap();
    assert!(all.bytes() >= 64 << 20);
    let (mut last, mut count) = (Vec::new(), 0);
    while let Some(record) = all.next().unwrap() {
        if record.rank == 1 {
            assert!(record.value == long);
            continue;
        }
        assert!(*last < *record.key);
        let number = u32::from_be_bytes(record.value[..4].try_into().unwrap());
        assert_eq!(record.key, key(number));
        last.clear();
        last.extend_from_slice(record.key);
        count += 1;
    }
    assert_eq!(count, RECORDS);
    drop(all);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    let (Some(before), Some(after)) = (before, peak()) else {
        println!("skipped: the system does not say how much memory was used");
        return;
    };
    let used = after - before;
    println!("{used} bytes of memory for a budget of {BUDGET}");
    let parked = long.len() as u64 * 2;
    assert!(used <= BUDGET as u64 + parked + SLACK, "{used} bytes used");
}
