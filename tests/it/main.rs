//! The integration tests: one binary, a module a boundary.
#![cfg(test)]
#![expect(unreachable_pub, reason = "modules of one binary share what is public in them")]

mod bombs;
mod conditions;
mod cut;
mod decide;
mod examples;
mod language;
mod little;
mod mistakes;
mod oracle;
mod reach;
mod rights;
mod support;
mod worlds;
