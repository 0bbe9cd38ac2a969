//! Callers: the applications and gateways that ask, what each may ask, and how a request is known to be theirs. People,
//! about whom they ask, stand in the directory.
//!
//! Where no callers are configured anybody may ask everything; sockets and certificates stand in `app`.

#[cfg(feature = "server")]
mod book;
#[cfg(feature = "server")]
mod entrance;
#[cfg(feature = "server")]
mod file;
#[cfg(feature = "server")]
mod key;
pub mod permission;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(feature = "server")]
use hyper::http::Extensions;

#[cfg(feature = "server")]
pub use book::Callers;
#[cfg(feature = "server")]
pub(crate) use entrance::{Entrance, Turned};
#[cfg(feature = "server")]
pub use entrance::{Peer, Uri};
#[cfg(feature = "server")]
pub(crate) use key::{Fingerprint, Unfit};
pub use permission::Permission;

/// Who asks.
#[derive(Clone, Debug, Default)]
pub enum Caller {
    /// Anybody: no callers are configured, or the question is asked in process. May ask everything.
    #[default]
    Anybody,
    /// A peer that need not say who it is, for what is public. May ask nothing.
    Nobody,
    /// One that the file of callers names.
    Known(Arc<Known>),
}

/// A caller that the file names.
#[derive(Debug)]
pub struct Known {
    name: Box<str>,
    /// The applications that it may ask about; all where `None`.
    applications: Option<Box<[Box<str>]>>,
    #[cfg(feature = "server")]
    may: Box<[Permission]>,
    /// Set once the file says something else of it, or nothing.
    retired: AtomicBool,
}

/// What a caller may not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// Ask about an application.
    #[error("the caller `{caller}` may not ask about the application `{application}`")]
    Application {
        /// Its name.
        caller: Box<str>,
        /// The application.
        application: Box<str>,
    },
    /// Ask in this way.
    #[error("the caller `{caller}` lacks the permission `{permission}`")]
    Permission {
        /// Its name.
        caller: Box<str>,
        /// What it would need.
        permission: Permission,
    },
    /// Ask anything, as it did not say who it is.
    #[error("a caller that is not known may not ask")]
    Nobody,
}

impl Caller {
    /// Who asks, as the edge that admitted a request found out.
    #[cfg(feature = "server")]
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }

    /// Who asks on, in a stream that goes on: nobody, once the file says something else of who it was.
    #[must_use]
    pub fn still(&self) -> Self {
        match self {
            Self::Known(known) if known.retired.load(Ordering::Relaxed) => Self::Nobody,
            Self::Anybody | Self::Nobody | Self::Known(_) => self.clone(),
        }
    }

    /// Whether nobody is refused anything.
    #[must_use]
    pub fn is_anybody(&self) -> bool {
        matches!(self, Self::Anybody)
    }

    /// The caller's name in the file of callers.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Anybody | Self::Nobody => None,
            Self::Known(known) => Some(&known.name),
        }
    }

    /// Whether it may ask about an application; `None` is a resource type that no application declares.
    ///
    /// # Errors
    /// It may not.
    pub fn permit(&self, application: Option<&str>) -> Result<(), Forbidden> {
        match self {
            Self::Anybody => Ok(()),
            Self::Nobody => Err(Forbidden::Nobody),
            Self::Known(known) => known.permit(application),
        }
    }
}

impl Known {
    fn permit(&self, application: Option<&str>) -> Result<(), Forbidden> {
        let (Some(own), Some(application)) = (&self.applications, application) else { return Ok(()) };
        if own.iter().any(|own| **own == *application) {
            return Ok(());
        }
        Err(Forbidden::Application { caller: self.name.clone(), application: application.into() })
    }
}

#[cfg(feature = "server")]
impl Known {
    fn new(name: Box<str>, applications: Option<Box<[Box<str>]>>, may: Box<[Permission]>) -> Self {
        Self { name, applications, may, retired: AtomicBool::new(false) }
    }

    /// Whether the file says the same of both.
    fn is_like(&self, other: &Self) -> bool {
        let Self { name, applications, may, retired: _ } = self;
        *name == other.name && *applications == other.applications && *may == other.may
    }

    fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    fn allow(&self, permission: Permission) -> Result<(), Forbidden> {
        if self.may.contains(&permission) {
            return Ok(());
        }
        Err(Forbidden::Permission { caller: self.name.clone(), permission })
    }
}
