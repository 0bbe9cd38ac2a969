//! Asks a running server over gRPC what the files would be asked otherwise.

use super::account::Account;
use super::answer::Answer;
use super::question::Question;

/// What the server at an address answers.
pub(super) fn check(address: &str, _question: &Question) -> anyhow::Result<Answer> {
    anyhow::bail!("cannot ask `{address}`: asking a server is not built in")
}

/// What the server at an address answers, and how it came about.
pub(super) fn explain(address: &str, _question: &Question) -> anyhow::Result<Account> {
    anyhow::bail!("cannot ask `{address}`: asking a server is not built in")
}
