//! The language server as a process: what a client is told, what it may do to files, and what no client can break.

mod client;
mod completion;
mod edits;
mod findings;
mod hovers;
mod lifecycle;
mod many;
mod pygls;
