//! Asking a directory for the facts of each question: what every edge answers, how often the directory is asked, and what
//! is said when it can't be.

pub(crate) mod edges;
mod outage;
mod panics;
mod purity;
mod rounds;
mod wishes;
