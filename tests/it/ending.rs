//! How a server and its connections end: told to by signals, under load, with peers who won't let go; and by age.

mod age;
mod clients;
mod signals;

pub(crate) use signals::deaf;
