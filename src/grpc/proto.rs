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

/// `envoy.service.auth.v3` and what it needs, nested as its packages are.
#[expect(warnings, missing_docs, unreachable_pub, clippy::all, reason = "generated")]
pub mod external {
    pub mod envoy {
        pub mod config {
            pub mod core {
                pub mod v3 {
                    tonic::include_proto!("envoy.config.core.v3");
                }
            }
        }
        pub mod service {
            pub mod auth {
                pub mod v3 {
                    tonic::include_proto!("envoy.service.auth.v3");
                }
            }
        }
        pub mod r#type {
            pub mod v3 {
                tonic::include_proto!("envoy.r#type.v3");
            }
        }
    }
    pub mod google {
        pub mod rpc {
            tonic::include_proto!("google.rpc");
        }
    }
}

/// Descriptors of all, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
