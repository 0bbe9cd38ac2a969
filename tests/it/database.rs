//! The schema in a real PostgreSQL: how it is reached and made, what its log says of every kind of write, and in which
//! order. Where the server is, HALLPASS_TEST_POSTGRES says.

mod connect;
mod import;
mod log;
mod migrate;
mod order;
pub(crate) mod own;
pub(crate) mod set;
mod shape;
