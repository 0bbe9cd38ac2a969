//! How far going through files has come, drawn on standard error where that is a terminal and it takes a while.

use std::io::{self, Read};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How long it may take without a word.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often it is drawn while nothing is read.
const TICK: Duration = Duration::from_millis(200);
const STYLE: &str = "{bar:40} {bytes} of {total_bytes}, {eta} left";

/// Bytes gone through, of all that there are. It is gone from the terminal when this is dropped.
pub(super) struct Progress {
    bar: ProgressBar,
    /// Waits until it is time to draw; ends when told that there is nothing to wait for.
    waiting: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// Of so many bytes.
    pub(super) fn new(total: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(STYLE) {
            bar.set_style(style);
        }
        let (ends, end) = channel();
        let shown = bar.clone();
        let wait = move || {
            if end.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                // Nothing is drawn where standard error is no terminal.
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(TICK);
            }
        };
        // Without the thread nothing is drawn, and nothing else is amiss.
        let waiting = Builder::new().name("progress".to_owned()).spawn(wait).ok().map(|thread| (ends, thread));
        Self { bar, waiting }
    }

    /// So many more.
    pub(super) fn add(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    /// Counts what is read.
    pub(super) fn watch(&self, file: Box<dyn Read>) -> Box<dyn Read> {
        Box::new(Watched { file, bar: self.bar.clone() })
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((ends, thread)) = self.waiting.take() {
            drop(ends);
            _ = thread.join();
        }
        self.bar.finish_and_clear();
    }
}

struct Watched {
    file: Box<dyn Read>,
    bar: ProgressBar,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.bar.inc(count as u64);
        Ok(count)
    }
}
