//! The one integration binary: the project through its public boundaries.
#![cfg(test)]

#[cfg(feature = "server")]
mod reload;
