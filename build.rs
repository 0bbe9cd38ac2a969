//! Compiles the protocol buffers, where the server is built.

fn main() {}
