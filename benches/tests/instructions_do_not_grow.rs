//! The hot loops take no more instructions than they are known to take, as
//! valgrind counts them: a slow-down is seen without a clock, on a machine that
//! is busy with other things.
//!
//! What is known is in `instructions.toml`, in instructions for each byte of
//! keys and data. `CSMIGRATE_BLESS=1` writes it anew, to be read before it is
//! committed.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use benches::{BYTE_ORDERS, ComposedStore};
use oracle::Method;

/// The loops.
const WORKS: [&str; 9] = [
    "decode",
    "read",
    "digest",
    "build",
    "lines",
    "recognise",
    "check",
    "verify",
    "convert",
];
/// Events and todos of the stores: each is composed anew, of the same records.
const COMPONENTS: u32 = 1_000;
const ROUNDS: u64 = 5;
/// Bytes are not copied and filled by one instruction that repeats itself: it
/// counts once for each byte, and from which length on it is used differs from
/// processor to processor.
const TUNABLES: &str = "glibc.cpu.x86_rep_movsb_threshold=0x7fffffffffff:\
                        glibc.cpu.x86_rep_stosb_threshold=0x7fffffffffff";
/// A loop may grow by this share; compilers differ as well.
const BOUND: f64 = 1.10;

#[test]
fn no_loop_takes_more_instructions_than_it_did() {
    if !has_valgrind() {
        println!("skipped: valgrind is not there (./test installs it)");
        return;
    }
    let hot = build();
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.toml");
    let text = fs::read_to_string(&place).unwrap_or_default();
    let known: toml::Table = text.parse().unwrap();
    let bless = std::env::var_os("CSMIGRATE_BLESS").is_some();

    let stores = BYTE_ORDERS.map(|(order, byte_order)| {
        let store = ComposedStore::new(COMPONENTS, byte_order, Method::Btree);
        (order, store)
    });
    let events = |store: &ComposedStore| store.dir().join("ics50events.db");
    let machine = count(&hot, WORKS[0], &events(&stores[0].1), 0).machine;
    let known_machine = known.get("machine").and_then(toml::Value::as_str);
    if !bless && known_machine != Some(machine.as_str()) {
        println!("skipped: counted for {known_machine:?}, and this is {machine}");
        return;
    }
    let (mut table, mut new) = (String::new(), heading(&machine));
    let mut grown = Vec::new();
    for (order, store) in &stores {
        let _ = writeln!(new, "\n[{order}]");
        for work in WORKS {
            let found = instructions_per_byte(&hot, work, &events(store));
            let before = known
                .get(*order)
                .and_then(|loops| loops.get(work))
                .and_then(toml::Value::as_float);
            let name = format!("{order} {work}");
            let _ = writeln!(table, "{name:<24} {before:>16.3?} {found:>10.3}");
            let _ = writeln!(new, "{work} = {found:.3}");
            if before.is_none_or(|before| found > before * BOUND) {
                grown.push(name);
            }
        }
    }
    println!("instructions for a byte of keys and data:\n{table}");
    if bless {
        fs::write(&place, new).unwrap();
    } else {
        assert!(
            grown.is_empty(),
            "these take over 10 % more instructions than is known of them: {}\n{table}",
            grown.join(", ")
        );
    }
}

fn heading(machine: &str) -> String {
    format!(
        "# Instructions of the hot loops for each byte of keys and data, as valgrind\n\
         # counts them. Made by CSMIGRATE_BLESS=1 cargo test -p benches --test\n\
         # instructions_do_not_grow, on a machine of the kind named here: on others\n\
         # other loops are chosen while the program runs.\n\
         machine = \"{machine}\"\n"
    )
}

/// What valgrind said of a run.
struct Count {
    instructions: u64,
    /// Bytes of keys and data of the file.
    bytes: u64,
    machine: String,
}

/// The instructions of the rounds alone.
#[allow(clippy::cast_precision_loss)]
fn instructions_per_byte(hot: &Path, work: &str, file: &Path) -> f64 {
    let none = count(hot, work, file, 0);
    let some = count(hot, work, file, ROUNDS);
    let rounds = some.instructions - none.instructions;
    rounds as f64 / (ROUNDS * some.bytes) as f64
}

fn count(hot: &Path, work: &str, file: &Path, rounds: u64) -> Count {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .env("GLIBC_TUNABLES", TUNABLES)
        .arg(hot)
        .arg(work)
        .arg(file)
        .arg(rounds.to_string())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{work}: {said}");
    let collected = said
        .lines()
        .find_map(|line| line.split_once("Collected :"))
        .unwrap_or_else(|| panic!("valgrind counted nothing: {said}"));
    let printed = String::from_utf8(output.stdout).unwrap();
    let (bytes, machine) = printed.trim_end().split_once('\n').unwrap();
    Count {
        instructions: collected.1.trim().parse().unwrap(),
        bytes: bytes.parse().unwrap(),
        machine: machine.to_owned(),
    }
}

fn has_valgrind() -> bool {
    let status = Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// The loops as they are shipped: a release build, by the cargo that runs this
/// test, where it puts its builds.
fn build() -> PathBuf {
    let target_dir = Path::new(env!("CARGO_BIN_EXE_hot"))
        .parent()
        .and_then(Path::parent)
        .unwrap();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--release", "-p", "benches"])
        .args(["--bin", "hot", "--no-default-features", "--target-dir"])
        .arg(target_dir)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(status.success(), "hot does not build");
    target_dir.join("release/hot")
}
