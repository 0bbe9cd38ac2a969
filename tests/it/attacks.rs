//! Peers who mean harm, each beside an honest client that is served without an error: what they send is spelled out frame
//! by frame, in amounts rather than for a time. The server is a process of its own, and its memory is looked at.

mod descriptors;
mod floods;
pub(crate) mod frames;
mod honest;
mod slow;
