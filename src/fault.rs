//! Points on the paths of requests, reloads, logs and credentials at which a test brings a fault about: a call fails, panics,
//! or takes as long as the test likes. What was seen at each stands in `docs/faults.md`, which tests hold to the source.
//!
//! Only builds with debug assertions have them, and there only a process that the variable `FAULT_POINTS` tells whom to ask:
//! a release is compiled as if no point were there.

#[cfg(debug_assertions)]
mod told;

use std::io;

/// A call that may fail: it does if it is told to, and otherwise goes on.
#[cfg(debug_assertions)]
pub(crate) fn point(name: &'static str) -> io::Result<()> {
    told::come(name)
}

/// A step that can't fail: it may be told to panic, or to take long.
#[cfg(debug_assertions)]
pub(crate) fn stall(name: &'static str) {
    _ = told::come(name);
}

/// A call that may fail, and for which a task waits without holding up its thread.
#[cfg(all(debug_assertions, feature = "server"))]
pub(crate) async fn wait(name: &'static str) -> io::Result<()> {
    told::arrive(name).await
}

#[cfg(not(debug_assertions))]
#[inline(always)]
pub(crate) const fn point(_name: &'static str) -> io::Result<()> {
    Ok(())
}

#[cfg(not(debug_assertions))]
#[inline(always)]
pub(crate) const fn stall(_name: &'static str) {}

#[cfg(all(not(debug_assertions), feature = "server"))]
#[inline(always)]
pub(crate) fn wait(_name: &'static str) -> std::future::Ready<io::Result<()>> {
    std::future::ready(Ok(()))
}
