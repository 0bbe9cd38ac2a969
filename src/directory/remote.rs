//! A directory that is asked, not read: what is looked up in it, what comes back, and what a source of such facts is.
//!
//! Holds the values and the seam between those who ask and whoever knows. How answers are kept, and how they are
//! forgotten once the directory says that something changed, stands in the modules below; what a database looks like
//! stands beside this.

pub mod entry;
pub mod frame;
pub mod gathered;
pub mod source;

pub use entry::{Entry, Human, Key};
pub use frame::Frame;
pub use gathered::Gathered;
pub use source::{Change, Changes, Loaded, Log, Source, SourceError, What};
