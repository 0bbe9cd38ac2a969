//! The decision log, as it was written and as it is meant: nothing half set, and nothing set for a log that there is not.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::time::Duration;

use super::ConfigError;
use crate::telemetry::decision_log::{Attributes, Fsync, Settings};

/// What stands for standard output.
const STANDARD: &str = "-";
const QUEUE_MB: &str = "16";
const CHECKPOINT_LINES: &str = "10000";
const CHECKPOINT_SECONDS: &str = "10";
const ROTATE_MB: &str = "256";
const WAIT_MS: &str = "1000";

/// What was written.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Decision log")]
pub(super) struct RawDecisionLog {
    /// File that every decision is written to, a line of JSON each; `-` is standard output
    #[arg(long, value_name = "PATH", env = "HALLPASS_DECISION_LOG")]
    decision_log: Option<PathBuf>,
    /// What happens to a decision that can't be recorded
    #[arg(long, value_enum, env = "HALLPASS_DECISION_LOG_MODE", default_value_t = Mode::BestEffort)]
    decision_log_mode: Mode,
    /// How long an answer waits until it is recorded, in milliseconds, where it has to be
    #[arg(long, value_name = "N", env = "HALLPASS_DECISION_LOG_WAIT_MS", default_value = WAIT_MS)]
    decision_log_wait_ms: NonZeroU32,
    /// Free properties that are written down, separated by commas, each with its part, such as `context.case`
    #[arg(long, value_name = "NAMES", env = "HALLPASS_DECISION_LOG_ATTRIBUTES", value_delimiter = ',')]
    decision_log_attributes: Vec<String>,
    /// How many megabytes of decisions wait to be written at most
    #[arg(long, value_name = "N", env = "HALLPASS_DECISION_LOG_QUEUE_MB", default_value = QUEUE_MB)]
    decision_log_queue_mb: NonZeroU32,
    /// When lines are brought to the disk
    #[arg(long, value_enum, env = "HALLPASS_DECISION_LOG_FSYNC", default_value_t = When::Checkpoint)]
    decision_log_fsync: When,
    /// File whose first line is the key that seals checkpoints; 32 characters or more
    #[arg(long, value_name = "FILE", env = "HALLPASS_DECISION_LOG_KEY_FILE")]
    decision_log_key_file: Option<PathBuf>,
    /// File that checkpoints go to as well: best where whoever can write the log can't
    #[arg(long, value_name = "PATH", env = "HALLPASS_DECISION_LOG_CHECKPOINTS")]
    decision_log_checkpoints: Option<PathBuf>,
    /// A checkpoint stands after so many lines at the latest
    #[arg(long, value_name = "N", env = "HALLPASS_DECISION_LOG_CHECKPOINT_LINES", default_value = CHECKPOINT_LINES)]
    decision_log_checkpoint_lines: NonZeroU64,
    /// A checkpoint stands so many seconds after a line at the latest
    #[arg(long, value_name = "N", env = "HALLPASS_DECISION_LOG_CHECKPOINT_SECONDS", default_value = CHECKPOINT_SECONDS)]
    decision_log_checkpoint_seconds: NonZeroU32,
    /// A file of so many megabytes is put aside and a new one begun; 0 for never
    #[arg(long, value_name = "N", env = "HALLPASS_DECISION_LOG_ROTATE_MB", default_value = ROTATE_MB)]
    decision_log_rotate_mb: u32,
}

/// What happens to a decision that can't be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Mode {
    /// It is answered; how many are missing is counted, and stands in the log
    #[value(name = "best_effort")]
    BestEffort,
    /// It is not answered: the question is unavailable
    #[value(name = "required")]
    Required,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum When {
    /// When the system likes
    Never,
    /// With each checkpoint, or as often without a key
    Checkpoint,
    /// With each write
    Always,
}

impl RawDecisionLog {
    /// Checks what was written; `None` where there is no log.
    pub(super) fn checked(self) -> Result<Option<Settings>, ConfigError> {
        let needs = [
            ("--decision-log-mode required", self.decision_log_mode == Mode::Required),
            ("--decision-log-attributes", !self.decision_log_attributes.is_empty()),
            ("--decision-log-key-file", self.decision_log_key_file.is_some()),
            ("--decision-log-checkpoints", self.decision_log_checkpoints.is_some()),
        ];
        let Some(path) = self.decision_log else {
            let given = needs.into_iter().find(|(_, given)| *given).map(|(flag, _)| flag);
            return given.map_or(Ok(None), |given| Err(ConfigError::NoLog { given }));
        };
        if self.decision_log_checkpoints.is_some() && self.decision_log_key_file.is_none() {
            return Err(ConfigError::Unsealed);
        }
        Ok(Some(Settings {
            path: Some(path).filter(|path| path.as_os_str() != STANDARD),
            required: self.decision_log_mode == Mode::Required,
            patience: Duration::from_millis(self.decision_log_wait_ms.get().into()),
            attributes: Attributes::read(&self.decision_log_attributes)?,
            queue_bytes: usize::try_from(self.decision_log_queue_mb.get())
                .unwrap_or(usize::MAX)
                .saturating_mul(1 << 20),
            fsync: match self.decision_log_fsync {
                When::Never => Fsync::Never,
                When::Checkpoint => Fsync::Checkpoint,
                When::Always => Fsync::Always,
            },
            key: self.decision_log_key_file,
            checkpoints: self.decision_log_checkpoints,
            checkpoint_lines: self.decision_log_checkpoint_lines.get(),
            checkpoint_time: Duration::from_secs(self.decision_log_checkpoint_seconds.get().into()),
            rotate: Some(u64::from(self.decision_log_rotate_mb) << 20).filter(|bytes| *bytes > 0),
        }))
    }
}
