use super::counter::BLOCK;
use super::*;

fn progress(counters: &[(Step, &str, u64)]) -> Progress {
    let progress = Progress::default();
    progress.begin();
    let counters = counters.iter();
    let counter = |(step, name, len): &(Step, &str, u64)| {
        Arc::new(Counter::new(*step, OsStr::new(name), *len))
    };
    progress.lock().count(counters.map(counter).collect());
    progress
}

#[test]
fn all_is_done_when_all_was_published_and_not_before() {
    let files = [
        (Step::Rewrite, "a", 100 * BLOCK),
        (Step::Verify, "a", 100 * BLOCK),
        (Step::Sync, "a", 100 * BLOCK),
    ];
    let progress = progress(&files);
    let mut before = 0;
    for (step, name, len) in files {
        progress.step(step);
        let counting = progress.file(step, OsStr::new(name));
        for block in 0..200 {
            counting.read(block * BLOCK, usize::try_from(BLOCK).unwrap());
            let now = progress.snapshot();
            assert!(now.done >= before && now.done < now.whole);
            assert_eq!(now.bytes, len);
            assert_eq!(now.working.len(), 1);
            before = now.done;
        }
        counting.finish();
        let now = progress.snapshot();
        assert!(now.done < now.whole && !now.finished);
        assert_eq!((now.files, now.files_done, now.bytes_done), (1, 1, len));
        assert!(now.working.is_empty());
    }
    progress.step(Step::Publish);
    let now = progress.snapshot();
    assert_eq!(now.done + 1, now.whole);
    progress.finish();
    let now = progress.snapshot();
    assert_eq!(now.done, now.whole);
}

#[test]
fn a_block_counts_once_however_it_is_read() {
    let progress = progress(&[(Step::Rewrite, "a", 10 * BLOCK)]);
    progress.step(Step::Rewrite);
    let counting = progress.file(Step::Rewrite, OsStr::new("a"));
    for page in 0..48 {
        counting.read(page * 4096, 4096);
    }
    assert_eq!(progress.snapshot().bytes_done, 3 * BLOCK);
    counting.read(3 * BLOCK, usize::try_from(2 * BLOCK).unwrap());
    assert_eq!(progress.snapshot().bytes_done, 5 * BLOCK);
}

#[test]
fn bytes_gone_through_twice_are_half_done_after_once() {
    let progress = progress(&[(Step::Verify, "a", 4 * BLOCK)]);
    progress.step(Step::Verify);
    let counting = progress.file(Step::Verify, OsStr::new("a"));
    // It is smaller than what it was made of.
    counting.expect(2 * BLOCK);
    counting.read(0, usize::try_from(2 * BLOCK).unwrap());
    let now = progress.snapshot();
    assert_eq!((now.bytes, now.bytes_done), (2 * BLOCK, BLOCK));
    assert_eq!(now.done, now.whole / 2);
}

#[test]
fn what_is_not_planned_is_not_counted() {
    let progress = progress(&[]);
    progress.file(Step::Sync, OsStr::new("a")).add(7);
    let now = progress.snapshot();
    assert_eq!((now.done, now.whole, now.files), (0, 0, 0));
}
