//! A directory in PostgreSQL, or in what speaks its wire protocol: its schema, how it is reached and what is in it.
//!
//! What its facts mean is for those who ask; see `remote` for how answers are kept and forgotten.

pub mod connect;
mod frame;
pub mod import;
mod load;
mod log;
pub mod migrate;
mod pool;
mod reading;
mod session;
pub mod shape;
mod source;
pub mod status;

pub use log::Log;
pub use reading::Reading;
pub use source::Postgres;

/// What a server's lists of sessions call those of sidecars.
pub const NAME: &str = "hallpass";
