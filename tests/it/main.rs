//! The one integration binary: the project through its public boundaries, a module a boundary.
#![cfg(test)]
#![expect(unreachable_pub, reason = "one binary, whose tests are named by their meaning")]

mod allocations;
mod enumeration;
mod grpc_edge;
mod house;
mod http_authzen;
mod oracle;
mod reload;
mod rights;
mod running;
mod server;
mod support;
