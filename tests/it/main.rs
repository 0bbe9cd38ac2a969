//! The integration tests: everything that is checked over the wire.
#![cfg(test)]

mod grpc_edge;
mod http_authzen;
mod server;
mod support;
