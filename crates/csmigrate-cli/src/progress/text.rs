//! How far a run is, in a line.

use csmigrate::progress::Snapshot;

/// What a run is at, how much of that and of the whole is done, and since when.
pub(super) fn state(now: &Snapshot) -> String {
    let mut line = now.step.name().to_owned();
    if now.files > 0 {
        line = format!(
            "{line}: {} of {} files, {} of {} bytes",
            now.files_done, now.files, now.bytes_done, now.bytes
        );
    }
    if now.whole > 0 {
        line = format!("{line}; {} % of the run", percent(now));
    }
    format!("{line}; {:.1} s", now.elapsed.as_secs_f64())
}

/// Whole percents that are done: 100 when all is.
pub(super) fn percent(now: &Snapshot) -> u64 {
    part_of(100, now)
}

/// The part of a number that is done of the run, less than all before that is.
pub(super) fn part_of(number: u64, now: &Snapshot) -> u64 {
    let done = u128::from(number).saturating_mul(now.done.into());
    let part = done.checked_div(now.whole.into()).unwrap_or_default();
    u64::try_from(part).unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use csmigrate::progress::Step;

    use super::*;

    #[test]
    fn the_line_tells_what_is_known() {
        let mut now = Snapshot::default();
        assert_eq!(state(&now), "inspect; 0.0 s");
        now.elapsed = Duration::from_millis(120);
        now.step = Step::Verify;
        (now.files, now.files_done) = (8, 3);
        (now.bytes, now.bytes_done) = (5000, 700);
        (now.whole, now.done) = (3000, 2999);
        let line = "verify: 3 of 8 files, 700 of 5000 bytes; 99 % of the run; 0.1 s";
        assert_eq!(state(&now), line);
        now.done = 3000;
        assert_eq!(percent(&now), 100);
    }
}
