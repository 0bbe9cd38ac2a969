//! The one integration binary: the project through its public boundaries, a module a boundary.
#![cfg(test)]
#![expect(missing_docs, reason = "tests are named by their meaning")]

mod enumeration;
mod oracle;
#[cfg(feature = "server")]
mod reload;
mod rights;
mod support;
