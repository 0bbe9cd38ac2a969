//! The one integration binary: the project through its public boundaries, a module a boundary.
#![cfg(test)]
#![expect(unreachable_pub, reason = "modules of one binary share what is public in them")]

mod allocations;
mod authzen;
mod bombs;
mod callers;
mod chance;
mod cli;
mod clients;
mod conditions;
mod cut;
mod decide;
mod embedded;
mod end_to_end;
mod enumeration;
mod envoy;
mod examples;
mod grpc_edge;
mod house;
mod http_authzen;
mod kept;
mod language;
mod list_actions;
mod listen;
mod little;
mod mistakes;
mod openapi;
mod oracle;
mod pki;
mod plan;
mod postgres;
mod reach;
mod reload;
mod reload_server;
mod rights;
mod running;
mod search;
mod secure;
mod server;
mod streams;
mod support;
mod surfaces;
mod swap;
mod worlds;
