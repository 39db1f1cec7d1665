//! Whole stores, migrated, copied, converted and verified in every way there
//! is: `compare --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    benches::compare::main()
}
