//! The types and services that `build.rs` generates from `proto/`, and nothing of our own.

/// `hallpass.v1`.
#[expect(warnings, missing_docs, unreachable_pub, clippy::all, reason = "generated")]
pub mod hallpass {
    tonic::include_proto!("hallpass.v1");
}

/// `authzen.access.v1`.
#[expect(warnings, missing_docs, unreachable_pub, clippy::all, reason = "generated")]
pub mod authzen {
    tonic::include_proto!("authzen.access.v1");
}

/// Descriptors of both, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
