//! The pure core: what authors write becomes tables, and tables decide.
//!
//! No I/O, no clock, no threads; compiling may fail, deciding may not.

pub mod census;
pub mod compare;
pub mod compiled;
mod condition;
pub mod day;
mod decide;
pub mod decision;
pub mod document;
pub mod explain;
pub mod facts;
pub(crate) mod fields;
pub mod key;
pub mod model;
pub mod plan;
mod reach;
pub mod request;
pub mod review;
pub mod roles;
pub mod routes;
pub mod search;
pub mod source;
pub(crate) mod yaml;
