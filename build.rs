//! Compiles the protocol buffers where the server is built: types and services for the code, and a descriptor set for
//! reflection. Needs no `protoc`.

use std::path::PathBuf;

const FILES: [&str; 3] =
    ["hallpass/v1/hallpass.proto", "authzen/access/v1/access.proto", "envoy/service/auth/v3/external_auth.proto"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    if std::env::var_os("CARGO_FEATURE_SERVER").is_none() {
        return Ok(());
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_imports(true).include_source_info(true).open_files(FILES)?;
    tonic_prost_build::configure()
        .codec_path("crate::grpc::codec::Wire")
        .compile_fds(compiler.file_descriptor_set())?;
    compiler.include_source_info(false);
    std::fs::write(out.join("descriptors.bin"), compiler.encode_file_descriptor_set())?;
    Ok(())
}
