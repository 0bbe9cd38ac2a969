//! How a command writes its answer: for people, or as JSON for programs. Commands that can write it otherwise too (as CSV,
//! as a file that is one itself) have words of their own for that, and take these two as well.

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Lines for people
    Human,
    /// One JSON object
    Json,
}
