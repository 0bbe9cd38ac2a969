//! More than the server can do: who is refused, how, and that all is well once it is over; deadlines, and clients who do
//! not wait for their answer.

mod connections;
mod deadlines;
mod requests;
