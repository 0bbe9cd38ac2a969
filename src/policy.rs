//! The pure core: what authors write becomes tables, and tables decide.
//!
//! No I/O, no clock, no threads; compiling may fail, deciding may not.

pub mod census;
pub mod code;
pub mod compare;
pub mod compiled;
mod condition;
pub mod coverage;
pub mod day;
mod decide;
pub mod decision;
pub mod document;
pub mod explain;
pub mod facts;
pub(crate) mod fields;
pub mod key;
mod lint;
pub mod matrix;
pub mod model;
#[cfg(feature = "server")]
pub(crate) mod outline;
pub mod plan;
pub mod posts;
mod reach;
pub mod request;
pub mod review;
pub mod roles;
pub mod routes;
pub mod search;
pub mod source;
pub mod trial;
pub(crate) mod yaml;
