//! An ordinary user whose quota is used up while the disk has room: nothing
//! tells so before it is written, so the run fails half-way, with the reason
//! in one line, and leaves nothing but a backup that is whole. When the quota
//! leaves room again the same command succeeds.

mod support;

use std::process::Command;

use support::shell::{Shell, can_be_icsuser};
use support::{Listing, changes, explained, names, records, sandbox_with, stderr};

/// Ways to a quota of 8 MiB for the user in `disk/home`. Each needs something
/// of the kernel and some program.
const QUOTAS: [(&str, &str); 3] = [
    (
        "tmpfs, quota of a user (Linux 6.6, CONFIG_TMPFS_QUOTA)",
        "mount -t tmpfs -o usrquota,usrquota_block_hardlimit=8m tmpfs disk; mkdir disk/home",
    ),
    (
        "ext4, quota of a user (CONFIG_QFMT_V2, mkfs.ext4, setquota)",
        "truncate -s 64m image; mkfs.ext4 -q -O quota -E quotatype=usrquota image
        mount -o loop,usrquota image disk; rm image; setquota -u 12345 0 8192 0 0 disk; mkdir disk/home",
    ),
    (
        "btrfs, quota of a subvolume (btrfs-progs)",
        "truncate -s 256m image; mkfs.btrfs -q image; mount -o loop image disk; rm image
        btrfs -q quota enable disk; btrfs -q quota rescan -w disk
        btrfs -q subvolume create disk/home; btrfs -q qgroup limit 8m disk/home",
    ),
];

/// A shell with a quota, and the store in `disk/home/old`.
fn with_quota(dir: &std::path::Path, (name, set_up): (&str, &str)) -> Option<Shell> {
    let mut shell = Shell::start(dir)?;
    let tried = shell.run(&format!("mkdir disk; {set_up}"));
    if !tried.status.success() {
        let why = stderr(&tried);
        println!(
            "could not be run: {name}: {}",
            why.lines().next().unwrap_or_default()
        );
        return None;
    }
    shell.must("cp -r old disk/home; rm -r old; chown -R 12345:12345 disk/home logs; sync");
    Some(shell)
}

#[test]
fn a_quota_that_is_used_up() {
    if !can_be_icsuser() {
        return;
    }
    let (mut ran, mut with_backup, mut enough) = (0, 0, 0);
    for quota in QUOTAS {
        // Where files share their blocks the backup takes next to nothing.
        for left in [0, 64, 200, 400, 600, 1000, 1400] {
            let sandbox = sandbox_with("composed-le");
            let Some(mut shell) = with_quota(sandbox.path(), quota) else {
                break;
            };
            // The store takes part of the quota itself.
            let store: u64 = std::fs::read_dir(shell.view("disk/home/old"))
                .unwrap()
                .map(|entry| {
                    entry
                        .unwrap()
                        .metadata()
                        .unwrap()
                        .len()
                        .next_multiple_of(4096)
                })
                .sum();
            let ballast = (8 << 20) - store - (left << 10);
            shell.must(&format!(
                "as_icsuser head -c {ballast} /dev/zero >disk/home/ballast 2>/dev/null || true
                chown 12345:12345 disk/home/ballast; sync"
            ));
            let before = shell.listing();
            let output = shell.run("icsuser disk/home/old disk/home/new");
            if output.status.success() {
                enough += 1;
                continue;
            }
            let message = explained(&output);
            assert!(
                message.contains("Disk quota exceeded") || message.contains("not enough space"),
                "{message}"
            );
            assert_nothing_but_a_backup(&shell, &before);
            with_backup += usize::from(shell.view("disk/home/old/backup").is_dir());

            shell.must("rm disk/home/ballast; sync");
            let output = shell.must("icsuser disk/home/old disk/home/new");
            assert_eq!(stderr(&output), "");
            assert_eq!(names(&shell.view("disk/home")), ["new", "old"]);
            assert_eq!(
                records(&shell.view("disk/home/new")),
                records(&shell.view("disk/home/old"))
            );
            ran += 1;
        }
    }
    println!(
        "{ran} runs met a real quota, {with_backup} of them after the backup; {enough} had enough"
    );
    if ran + enough == 0 {
        stand_in();
    } else {
        assert!(0 < with_backup && with_backup < ran);
    }
}

/// Where no quota can be set up: the calls that would meet it are made to fail
/// as it makes them fail.
fn stand_in() {
    for file in [
        "old/.backup.csmigrate-backup/ics50events.db",
        "old/.backup.csmigrate-backup/log.0000000020",
        ".new.csmigrate-staging/ics50events.db",
        ".new.csmigrate-staging/ics50deletelog.db",
    ] {
        let sandbox = sandbox_with("composed-le");
        let Some(mut shell) = Shell::start(sandbox.path()) else {
            return;
        };
        let traceable = Command::new("strace")
            .args(["-f", "-o", "/dev/null", "true"])
            .output();
        if !traceable.is_ok_and(|output| output.status.success()) {
            println!("skipped: strace is not installed or may not trace");
            return;
        }
        shell.must("chown -R 12345:12345 .");
        let before = shell.listing();
        let calls = "write,pwrite64,copy_file_range";
        let message = explained(&shell.run(&format!(
            "as_icsuser strace -f -qq -o /dev/null -P \"$PWD/{file}\" \
             -e inject={calls}:error=EDQUOT csmigrate --log-dir logs old new"
        )));
        assert!(message.contains("Disk quota exceeded"), "{message}");
        assert!(message.contains(file), "{message}");
        assert_nothing_but_a_backup(&shell, &before);
        shell.must("icsuser old new");
        assert_eq!(records(&shell.view("new")), records(&shell.view("old")));
    }
    println!("no quota could be set up: calls that write were made to fail instead");
}

/// What a failed run may leave: its backup, whole.
#[track_caller]
fn assert_nothing_but_a_backup(shell: &Shell, before: &Listing) {
    let after = shell.listing();
    let store = after
        .keys()
        .find(|path| path.ends_with("old"))
        .expect("the store is there")
        .clone();
    let backup = store.join("backup");
    for line in changes(before, &after) {
        let path = std::path::Path::new(line.split_once(' ').unwrap().1);
        let whole = path.starts_with(&backup);
        // Made and removed again.
        let around = line.starts_with('~') && Some(path) == store.parent();
        assert!(whole || around, "{line}");
    }
    for (path, copy) in after.range(backup.clone()..) {
        if let Ok(name) = path.strip_prefix(&backup)
            && name.file_name().is_some()
        {
            let source = &after[&store.join(name)];
            assert_eq!(copy.bytes, source.bytes, "{}", path.display());
        }
    }
    let copied = after
        .keys()
        .filter(|path| path.starts_with(&backup))
        .count();
    assert!(copied == 0 || copied == 11, "{copied} names in the backup");
}
