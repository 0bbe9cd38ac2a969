//! Hallpass decides who may do what to whose record.

#[cfg(feature = "server")]
pub mod app;
#[cfg(feature = "server")]
pub mod authzen;
#[cfg(feature = "server")]
pub mod calendar;
#[cfg(feature = "server")]
pub mod cli;
#[cfg(feature = "server")]
pub mod config;
pub mod directory;
#[cfg(feature = "server")]
pub mod grpc;
#[cfg(feature = "server")]
pub mod http;
#[cfg(feature = "server")]
pub mod pdp;
pub mod policy;
#[cfg(feature = "server")]
pub mod reload;
#[cfg(feature = "server")]
pub mod snapshot;
