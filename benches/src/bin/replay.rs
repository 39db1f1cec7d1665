//! The logs of a killed process replayed by us and by the real library:
//! `replay --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    benches::replay::main()
}
