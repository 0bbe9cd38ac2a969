//! The schema in a real PostgreSQL: how it is reached and made, what its log says of every kind of write, and in which
//! order. Where the server is, HALLPASS_TEST_POSTGRES says.

mod connect;
mod log;
mod migrate;
mod order;
pub(crate) mod own;
