//! Deciding in process: the same files, snapshots and answers as the server's, and nothing that listens.
//!
//! Everything is decided as [`Caller::Anybody`]: whoever runs this code may ask everything.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::caller::Caller;
use crate::live::{self, Folders};
use crate::pdp::{Pdp, Undecided, View};
use crate::policy::decision::{Decision, Granted, Reason};
use crate::policy::explain::{Explanation, Holding, Would};
use crate::policy::request::{Limits, Request};
use crate::policy::source::{Finding, Place};
use crate::reload::status::StatusData;
use crate::reload::{self, Handle};
use crate::snapshot::Builder;

/// Policies and a directory, ready to decide. Shared by reference between as many threads as like; deciding takes no
/// lock.
///
/// ```
/// use hallpass::{Action, Engine, Request, Resource, Subject};
///
/// let engine = Engine::load("policies", "examples/district")?;
/// let mark = |student| Request {
///     subject: Subject { kind: "user", id: "t.rivera", ..Subject::default() },
///     action: Action { name: "update", ..Action::default() },
///     resource: Resource { kind: "misis.grades.mark", student: Some(student), ..Resource::default() },
///     ..Request::default()
/// };
///
/// let answer = engine.check(&mark("s.0142"))?;
/// assert!(answer.allow);
/// assert_eq!(answer.grant.unwrap().role, "misis.teacher");
///
/// let answer = engine.check(&mark("s.0999"))?;
/// assert_eq!((answer.allow, answer.reason.code()), (false, "scope_mismatch"));
///
/// // Many questions at one moment, without a copy of anything: a view.
/// let view = engine.view();
/// assert!(view.decide(&mark("s.0142"))?.is_allow());
///
/// // Files that changed count once they are read again; `engine.follow()` does it by itself.
/// assert!(!engine.reload()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Engine {
    pdp: Arc<Pdp>,
    files: Files,
    policies: PathBuf,
    directory: PathBuf,
}

#[derive(Debug)]
enum Files {
    ByHand(Mutex<Box<Folders>>),
    Followed(Handle),
}

/// An answer that stands by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether it is allowed.
    pub allow: bool,
    /// Why.
    pub reason: Reason,
    /// What allowed it; `None` in a deny.
    pub grant: Option<Grant>,
    /// The policy that decided.
    pub policy_revision: Arc<str>,
    /// The directory that decided.
    pub directory_revision: Arc<str>,
}

/// The grant that allowed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The role, by id.
    pub role: String,
    /// The organisation at which the subject holds it.
    pub org: String,
    /// The grant, as `role#number`.
    pub grant: String,
}

/// An answer and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The answer.
    pub answer: Answer,
    /// The deny rule that applies or erred, as `application.id`.
    pub denied_by: Option<String>,
    /// When that rule applies, with the values compared, whom it spares, and why there is such a rule.
    pub denied_because: Vec<String>,
    /// The subject's assignments, in the directory's order; after an allow, no more.
    pub assignments: Vec<Holding>,
    /// For a deny: roles that would allow it, and where they would have to be held.
    pub would: Vec<Would>,
}

/// Files that can't be taken, with all that is wrong with them, each at its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the files are refused{}", .findings.iter().map(|finding| format!("\n  {finding}")).collect::<String>())]
pub struct LoadError {
    /// What is wrong; the files are named by their paths.
    pub findings: Vec<Finding>,
}

impl Engine {
    /// Reads a folder of policies and a folder with the directory of people. Changes count once [`Engine::reload`] is
    /// called, or by themselves after [`Engine::follow`].
    ///
    /// # Errors
    /// The files can't be taken.
    pub fn load(policies: impl AsRef<Path>, directory: impl AsRef<Path>) -> Result<Self, LoadError> {
        let builder = Builder::new(vec!["user".to_owned()], None);
        Self::load_with(policies, directory, builder, Limits::default())
    }

    /// The same with other types of subject, another time zone, or other limits of a request.
    ///
    /// # Errors
    /// The files can't be taken.
    pub fn load_with(
        policies: impl AsRef<Path>,
        directory: impl AsRef<Path>,
        builder: Builder,
        limits: Limits,
    ) -> Result<Self, LoadError> {
        let (policies, directory) = (policies.as_ref().to_owned(), directory.as_ref().to_owned());
        let config = reload::Config::new(&policies, Some(directory.clone()));
        match live::open(config, builder, limits) {
            Ok((pdp, files)) => {
                Ok(Self { pdp, files: Files::ByHand(Mutex::new(Box::new(files))), policies, directory })
            }
            Err(findings) => Err(LoadError { findings: live::located(&policies, &directory, findings) }),
        }
    }

    /// Follows the files from now on, on a thread of its own: each change that can be taken is, within moments where the
    /// folders can be watched (the feature `server`) and within seconds where not. What can't be taken is logged, and
    /// the last good files stay. The thread ends when the engine is dropped.
    ///
    /// # Errors
    /// The thread can't be started.
    pub fn follow(self) -> io::Result<Self> {
        let files = match self.files {
            Files::ByHand(files) => {
                Files::Followed(files.into_inner().unwrap_or_else(PoisonError::into_inner).spawn()?)
            }
            followed @ Files::Followed(_) => followed,
        };
        Ok(Self { files, ..self })
    }

    /// Decides a question.
    ///
    /// # Errors
    /// The question is malformed.
    pub fn check(&self, request: &Request<'_>) -> Result<Answer, Undecided> {
        let view = self.view();
        let decision = view.decide(request)?;
        Ok(Answer::new(&view, &decision))
    }

    /// Decides a question and says why.
    ///
    /// # Errors
    /// The question is malformed.
    pub fn explain(&self, request: &Request<'_>) -> Result<Explained, Undecided> {
        let view = self.view();
        let Explanation { decision, denied_by, denied_because, assignments, would } = view.explain(request)?;
        Ok(Explained { answer: Answer::new(&view, &decision), denied_by, denied_because, assignments, would })
    }

    /// One moment: what is decided on a view is decided on one policy, one directory and one day, whatever is reloaded
    /// meanwhile, and borrows from it instead of being copied. Not to be kept.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        self.pdp.view(Caller::Anybody)
    }

    /// Reads the files again, and says whether what is decided on has changed. Waits for it; checks go on meanwhile.
    ///
    /// # Errors
    /// The files can't be taken as they are now: the last good ones stay.
    pub fn reload(&self) -> Result<bool, LoadError> {
        let before = self.status().generation;
        let after = match &self.files {
            Files::ByHand(files) => files.lock().unwrap_or_else(PoisonError::into_inner).check(),
            Files::Followed(thread) => thread.reload().map_err(|ended| self.refused(&[self.about_all(&ended)]))?,
        };
        match &after.last_failure {
            Some(failure) if after.failing => Err(self.refused(&failure.findings)),
            _ => Ok(after.generation != before),
        }
    }

    /// What is decided on, and how the last look at the files went.
    #[must_use]
    pub fn status(&self) -> Arc<StatusData> {
        match &self.files {
            Files::ByHand(files) => files.lock().unwrap_or_else(PoisonError::into_inner).status().load(),
            Files::Followed(thread) => thread.status().load(),
        }
    }

    fn about_all(&self, error: &impl ToString) -> Finding {
        let place = Place { file: self.policies.to_string_lossy().into(), line: 0, column: 0, width: 1 };
        Finding::error(place, error.to_string())
    }

    fn refused(&self, findings: &[Finding]) -> LoadError {
        LoadError { findings: live::located(&self.policies, &self.directory, findings.to_vec()) }
    }
}

impl Answer {
    fn new(view: &View<'_>, decision: &Decision<'_>) -> Self {
        let Decision { reason, granted } = decision;
        let snapshot = view.snapshot();
        Self {
            allow: granted.is_some(),
            reason: *reason,
            grant: granted.map(|Granted { role, org, grant }| Grant {
                role: role.to_owned(),
                org: org.to_owned(),
                grant: grant.to_owned(),
            }),
            policy_revision: Arc::clone(&snapshot.policy_revision),
            directory_revision: Arc::clone(&snapshot.directory_revision),
        }
    }
}
