//! AuthZEN as a whole, over both of its surfaces: the certification scenario, searches page by page, metadata, and what is
//! refused. Evaluations over HTTP alone stand in `http_authzen`, over gRPC in `grpc_edge`.

mod certification;
mod client;
mod filter;
mod malformed;
mod metadata;
mod paging;
