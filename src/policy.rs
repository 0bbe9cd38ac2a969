//! The pure core: what authors write becomes tables, and tables decide.
//!
//! No I/O, no clock, no threads; compiling may fail, deciding may not.

pub mod day;
pub mod decision;
pub mod explain;
pub mod facts;
pub mod key;
pub mod request;
pub mod source;
pub mod stub;
