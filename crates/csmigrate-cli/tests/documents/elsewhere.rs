//! Blocks of the documents that are not run where the others are, each with the
//! reason.

/// Commands that no console runs here: the document, the first line of the
/// block, and why.
pub(crate) const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("README.md", "./test", ALL_TESTS),
    ("docs/testing.md", "./test", ALL_TESTS),
    (
        "docs/rollback.md",
        "csdb=/var/opt/SUNWics5/csdb            # where the server looks for its store",
        WAY_BACK,
    ),
    ("docs/rollback.md", "stop-cal", WAY_BACK),
    ("docs/rollback.md", r#"cp -p "$backup"/* "$csdb""#, WAY_BACK),
    (
        "docs/rollback.md",
        r#"cp -p "$oldcsdb"/ics50* "$oldcsdb"/log.* "$csdb""#,
        WAY_BACK,
    ),
    (
        "docs/rollback.md",
        r#"for file in "$oldcsdb"/ics50* "$oldcsdb"/log.*; do"#,
        WAY_BACK,
    ),
    (
        "docs/rollback.md",
        r#"csmigrate -d -l max --log-dir "$logs" "$csdb" "$csdb.none""#,
        WAY_BACK,
    ),
    ("docs/rollback.md", "start-cal", WAY_BACK),
    (
        "docs/bdbfile.md",
        "cargo build --release -p bdbfile-cli      # target/release/bdbfile",
        BUILDS,
    ),
    ("docs/oracle.md", "cargo test -p oracle", BUILDS),
    (
        "docs/oracle.md",
        "ORACLE_CONVERSIONS=all cargo test -p oracle --test converted_samples_are_accepted_by_the_real_library -- --nocapture",
        BUILDS,
    ),
    (
        "docs/oracle.md",
        "cargo run --release -p oracle --bin compose -- [options] DIR",
        BUILDS,
    ),
    (
        "docs/performance.md",
        "cargo run --release -p benches --bin compare -- --out docs/performance \\",
        "takes an hour; its test runs it small",
    ),
    (
        "docs/performance.md",
        "CSMIGRATE_BLESS=1 cargo test -p benches --test instructions_do_not_grow -- --nocapture",
        BUILDS,
    ),
    (
        "docs/performance.md",
        "cargo build --release -p benches --bin hot",
        BUILDS,
    ),
    (
        "docs/testing.md",
        "cargo test                                  # what is shipped but bdbfile-cli; needs nothing but Rust",
        ALL_TESTS,
    ),
    (
        "docs/testing.md",
        ".ci/fuzz                    # each for a minute, as many at a time as there are processors",
        "builds and runs for minutes",
    ),
    (
        "docs/testing.md",
        "cargo +nightly fuzz run --fuzz-dir crates/fuzz --features engine file",
        "wants another Rust and has no end",
    ),
    (
        "docs/terminal.md",
        "kill -USR1 $(pidof csmigrate)",
        "run by the test `progress_is_shown_on_a_terminal`",
    ),
    (
        "docs/testing.md",
        "mdbook build docs",
        "mdbook is no part of what the tests need",
    ),
    (
        "docs/testing.md",
        ".ci/coverage",
        "runs all tests, built another way",
    ),
    (
        "docs/testing.md",
        ".ci/big-endian",
        "lays a system and takes most of an hour",
    ),
    (
        "docs/testing.md",
        "RUSTFLAGS=-Zsanitizer=address cargo +nightly test -p bdbfile --lib \\",
        "wants another Rust",
    ),
    (
        "testdata/README.md",
        "compose --seed 1 --calendars 12 --components 22 --page-size 4096 \\",
        "what `testdata/compose` does; a test of `oracle` holds what it makes to the samples",
    ),
    ("docs/install.md", "sha256sum -c SHA256SUMS", PACKAGE),
    (
        "docs/install.md",
        "dpkg -i csmigrate_0.1.0-1_amd64.deb",
        PACKAGE,
    ),
    (
        "docs/install.md",
        "tar -xf csmigrate-0.1.0-x86_64-linux.tar.xz",
        PACKAGE,
    ),
    (
        "docs/install.md",
        "cargo build --release -p csmigrate-cli -p bdbfile-cli",
        BUILDS,
    ),
    ("docs/install.md", ".ci/package -c", BUILDS),
    (
        "docs/many-servers.md",
        "parallel --colsep ' ' scp -q csmigrate root@{1}:/var/tmp/csmigrate :::: hosts",
        MACHINES,
    ),
    (
        "docs/many-servers.md",
        "parallel --colsep ' ' -j 0 \\",
        MACHINES,
    ),
    (
        "docs/many-servers.md",
        "ansible-playbook -i inventory.ini playbook.yml -e only_dry=true >dry.log",
        MACHINES,
    ),
    (
        "docs/many-servers.md",
        "ansible-playbook -i inventory.ini playbook.yml >run.log",
        MACHINES,
    ),
    (
        "docs/many-servers.md",
        "ansible-playbook -i inventory.ini playbook.yml >run.log",
        MACHINES,
    ),
];

const PACKAGE: &str = "run by .ci/package on what it has made";
const MACHINES: &str =
    "run by .ci/many-servers, which makes the machines and compares what is printed";
const ALL_TESTS: &str = "runs all tests, this one too";
const WAY_BACK: &str = "run by the test `the_way_back_gives_the_same_store`";
const BUILDS: &str = "builds for minutes, which a test run does once and no more";

/// Blocks that are no commands: the document, how many, and what they are.
pub(crate) const TEXTS: &[(&str, usize, &str)] = &[
    ("docs/architecture.md", 2, "drawings"),
    ("docs/format.md", 26, "drawings of bytes"),
    ("docs/library.md", 1, "lines of a manifest"),
    (
        "docs/many-servers.md",
        5,
        "what the commands before it print, compared by .ci/many-servers",
    ),
    (
        "docs/terminal.md",
        2,
        "what is seen at a moment of a run; its form is held by the test `progress_is_shown_on_a_terminal`",
    ),
    ("docs/write.md", 2, "drawings"),
];
