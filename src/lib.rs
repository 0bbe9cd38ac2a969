//! Hallpass decides who may do what to whose record, from policy files that school staff edit live, and says why.
//!
//! # Three invariants
//!
//! 1. [`policy`], the core, does no I/O, knows no clock, spawns nothing and cannot fail while deciding. Compiling may
//!    fail; deciding may not: [`policy::compiled::Policy::decide`] returns a decision, never a `Result`.
//! 2. A decision comes from exactly one [`snapshot::Snapshot`]: one policy, one roster, one day. Whoever decides takes one
//!    [`pdp::View`], for a request or for a whole batch, and never a second. Where a directory is asked, the facts stand at
//!    one position of it, and what is decided with one of them missing is thrown away.
//! 3. Whatever goes wrong, the answer is not allow. A condition that errs in a grant does not grant; in a deny rule it
//!    denies.
//!
//! # The way of a request
//!
//! Five files from the wire to the answer, and back; each hop yields one named value.
//!
//! ```text
//! gRPC   grpc/service  -> grpc/convert  -> pdp -> directory -> policy/decide
//! HTTP   http          -> http/question -> pdp -> directory -> policy/decide
//!        wire request     Request          View   Person, Org   Decision
//! ```
//!
//! # The way of a policy
//!
//! Files become [`policy::document`]s (what an author wrote), these a [`policy::model`] (what it means, every name
//! resolved), that the tables of [`policy::compiled`]. [`reload`] reads consistent sets of files, [`snapshot::Builder`]
//! builds a snapshot from them, and [`pdp::Pdp::publish`] swaps it in; or the last good one stays.
//!
//! # The house
//!
//! Dependencies point one way:
//! `cli -> app -> {admin, grpc, http, reload, credentials} -> pdp -> {caller, directory, snapshot, telemetry} -> policy`.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`policy`] | the pure core: the language, the tables, deciding, explaining and searching |
//! | [`policy::plan`] | which rows of a table somebody may see: a filter that mirrors deciding, and its SQL |
//! | [`directory`] | who the subject is: a OneRoster folder or zip, read into a compact roster |
//! | `directory::postgres` | a directory in a database: its schema and log, import, connections, what a folder would say |
//! | [`snapshot`], [`pdp`], [`calendar`] | what is swapped, the one seam every edge calls, and which day it is |
//! | [`caller`] | who may ask what: the file of callers, how they are known, which method needs which permission |
//! | [`telemetry`] | who is told of decisions: the decision log, chained and sealed, and how it is verified and searched |
//! | [`engine`] | deciding in process: the library's front door |
//! | [`credentials`] | certificates, keys and callers from files, followed: what can't be used leaves the last good in use |
//! | [`live`] | where reading, building and publishing meet |
//! | [`reload`] | following files: watch, read a consistent set, publish or keep the last good one |
//! | [`grpc`], [`http`], [`authzen`] | the edges: wire types live here and nowhere else |
//! | `admin` | the edge for whoever runs the server: metrics, status, reload, probes; never where callers are |
//! | [`telemetry`] | what the server tells of itself: metrics |
//! | [`app`] | the composition root: sockets, workers, health, an end that comes in time |
//! | `fault` | points at which tests bring faults about; nothing of them is in a release |
//! | [`config`] | what file, variables and flags say, in layers, and whether it goes together |
//! | [`telemetry`] | what those who run the server learn of it: traces |
//!
//! Without the feature `server` everything up to [`live`] is built, and with it [`Engine`]: a library that decides in
//! process, on under 60 crates, and finds changed files by polling.

#[cfg(feature = "server")]
mod admin;
#[cfg(feature = "server")]
pub mod app;
#[cfg(feature = "server")]
pub mod authzen;
pub mod calendar;
pub mod caller;
#[cfg(feature = "server")]
pub mod cli;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod credentials;
pub mod directory;
pub mod engine;
mod fault;
#[cfg(feature = "server")]
pub mod grpc;
#[cfg(feature = "server")]
pub mod http;
#[cfg(feature = "server")]
mod in_time;
pub mod live;
pub mod pdp;
pub mod policy;
pub mod reload;
pub mod snapshot;
#[cfg(feature = "server")]
pub mod telemetry;

pub use engine::Engine;
pub use policy::request::{Action, AnyOf, Request, Resource, Subject};
