//! Who asks: what a peer's connection and a request's headers prove, and whether that suffices for what is asked.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use hyper::HeaderMap;

use super::key::bearer;
use super::permission::{Need, need};
use super::{Caller, Callers, Forbidden, Known};

/// What a connection says of its peer.
#[derive(Clone, Debug, Default)]
pub struct Peer {
    /// Its address, over TCP.
    pub address: Option<SocketAddr>,
    /// Its user, over a Unix socket.
    pub uid: Option<u32>,
    /// What its verified certificate calls it, if it showed one.
    pub uri: Option<Uri>,
}

/// What a verified certificate calls its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uri {
    /// The one URI among its subject alternative names.
    One(Box<str>),
    /// It has no URI, or several: it names nobody.
    NotOne,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.address, self.uid) {
            (Some(address), _) => write!(f, "{address}")?,
            (None, Some(uid)) => write!(f, "user {uid}")?,
            (None, None) => write!(f, "nowhere")?,
        }
        match &self.uri {
            Some(Uri::One(uri)) => write!(f, " with a certificate of `{uri}`"),
            Some(Uri::NotOne) => write!(f, " with a certificate of nobody"),
            None => Ok(()),
        }
    }
}

/// Why a request is turned away before it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Turned {
    /// It is not known who asks.
    Unknown(&'static str),
    /// They may not ask this.
    Forbidden(Forbidden),
    /// There is nothing to ask here.
    Nothing,
}

/// Where the requests of one connection come in.
#[derive(Clone, Debug)]
pub(crate) struct Entrance {
    /// Who is known; anybody may ask where `None`.
    callers: Option<Arc<ArcSwap<Callers>>>,
    peer: Arc<Peer>,
}

impl Entrance {
    pub(crate) fn new(callers: Option<Arc<ArcSwap<Callers>>>, peer: Peer) -> Self {
        Self { callers, peer: Arc::new(peer) }
    }

    /// Who asks for a path, if they may.
    pub(crate) fn admit(&self, path: &str, headers: &HeaderMap) -> Result<Caller, Turned> {
        let Some(callers) = &self.callers else { return Ok(Caller::Anybody) };
        let needed = need(path);
        if needed == Some(Need::Nothing) {
            return Ok(Caller::Nobody);
        }
        let callers = callers.load();
        let known = self.identify(&callers, headers).map_err(Turned::Unknown)?;
        let Some(Need::Permission(permission)) = needed else { return Err(Turned::Nothing) };
        known.allow(permission).map_err(Turned::Forbidden)?;
        Ok(Caller::Known(Arc::clone(known)))
    }

    /// Whoever shows something has to be known by it: a certificate or a key that names nobody is not made up for by
    /// anything else, and both together have to name the same caller.
    fn identify<'c>(&self, callers: &'c Callers, headers: &HeaderMap) -> Result<&'c Arc<Known>, &'static str> {
        let by_certificate = match &self.peer.uri {
            None => None,
            Some(Uri::NotOne) => return Err("the client certificate must have exactly one URI"),
            Some(Uri::One(uri)) => Some(callers.by_uri(uri).ok_or("the client certificate is no caller's")?),
        };
        let by_key = match bearer(headers)? {
            None => None,
            Some(key) => Some(callers.by_key(key).ok_or("the key is no caller's")?),
        };
        match (by_certificate, by_key) {
            (Some(one), Some(other)) if !Arc::ptr_eq(one, other) => {
                Err("the client certificate and the key are two callers'")
            }
            (Some(known), _) | (None, Some(known)) => Ok(known),
            (None, None) => self.peer.uid.and_then(|uid| callers.by_uid(uid)).ok_or("say who asks"),
        }
    }
}
