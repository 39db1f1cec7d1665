//! The command `bdbfile`.

use std::ffi::OsString;
use std::io::{self, BufWriter};
use std::process::ExitCode;

/// Bytes of output that are written at a time.
const OUTPUT_BUFFER: usize = 1 << 16;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let mut out = BufWriter::with_capacity(OUTPUT_BUFFER, io::stdout().lock());
    bdbfile_cli::run(&args, &mut out)
}
