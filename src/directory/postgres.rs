//! A directory in PostgreSQL, or in what speaks its wire protocol: its schema, how it is reached and what is in it.
//!
//! What its facts mean is for those who ask; see `remote` for how answers are kept and forgotten.

pub mod connect;
pub mod import;
pub mod migrate;
pub mod shape;
pub mod status;

/// What a server's lists of sessions call those of sidecars.
pub const NAME: &str = "hallpass";
