//! The binary: hands the command line to the library and ends with its exit code.

use std::io::{IsTerminal, stderr, stdout};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let terminal = stdout().is_terminal();
    // Standard error stays unlocked: other threads log to it.
    hallpass::cli::run(std::env::args_os(), terminal, &mut stdout().lock(), &mut stderr()).into()
}
