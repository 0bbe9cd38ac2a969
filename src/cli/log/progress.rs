//! How far going through logs has come, drawn on standard error where that is a terminal and it takes a while.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How long it may take without a word.
const PATIENCE: Duration = Duration::from_secs(1);
const STYLE: &str = "{bar:40} {bytes} of {total_bytes}, {eta} left";

/// Bytes gone through, of all that there are.
pub(super) struct Progress {
    bar: ProgressBar,
    begun: Instant,
    shown: bool,
}

impl Progress {
    /// Of so many bytes.
    pub(super) fn new(total: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(STYLE) {
            bar.set_style(style);
        }
        Self { bar, begun: Instant::now(), shown: false }
    }

    /// So many more.
    pub(super) fn add(&mut self, bytes: u64) {
        if !self.shown && self.begun.elapsed() > PATIENCE {
            self.shown = true;
            // Nothing is drawn where standard error is no terminal.
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(bytes);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
