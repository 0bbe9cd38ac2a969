//! The integration tests: one binary, a module a boundary.
#![cfg(test)]
#![expect(missing_docs, reason = "tests are named by their meaning")]

mod cli;
mod oracle;
mod rights;
mod support;
