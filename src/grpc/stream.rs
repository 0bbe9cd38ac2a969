//! `CheckStream`: the body of the answers is made out of the body of the questions. Whatever has arrived is read, decided
//! and written at one go, with no task, no queue and no copied text in between; nothing is read while answers wait to be
//! sent, so that flow control stops a peer who doesn't read. Where facts may have to be fetched, some questions are asked
//! ahead, and answered in their order all the same.
//!
//! How an answer is written stands in `stream/answer`, how it is waited for in `stream/ahead`.

mod ahead;
mod answer;

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hyper::body::{Body as HttpBody, Frame};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{HeaderMap, Request, Response};
use prost::Message as _;
use prost::bytes::{Buf as _, Bytes, BytesMut};
use tokio::time::{Sleep, sleep};
use tokio_stream::{Stream, StreamExt as _};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::body::Body;
use tonic::codegen::BoxStream;
use tonic::{Code, Status};

use super::convert::{self, Question};
use super::proto::hallpass as wire;
use super::{BROKEN, CALL_TIMEOUT, DEADLINE, TOO_LATE, deadline, malformed};
use crate::fault;
use crate::in_time::in_time;
use crate::pdp::{Asking, Pdp, Undecided, View};
use crate::policy::decision::Decision;
use crate::policy::request::Malformed;
use crate::telemetry::metrics::Why;
use ahead::Ahead;

/// The method's path.
pub(crate) const PATH: &str = "/hallpass.v1.Hallpass/CheckStream";
/// gRPC's bytes before a message: whether it is compressed, and its length.
const HEADER: usize = 5;
/// Bytes of answers that are sent though there are more questions at hand.
const FULL: usize = 32 * 1024;
/// Space for questions that is kept from one to the next; what a large message needed is given back.
const KEPT: usize = 64 * 1024;
/// What is said of a question that nothing else has given up on.
const LATE: &str = "the answer did not come in time";

/// Answers a stream of questions until it ends, or until told to stop.
pub(super) fn answer<B>(request: Request<B>, pdp: &Arc<Pdp>, stop: &CancellationToken) -> Response<Body>
where
    B: HttpBody<Data = Bytes> + Send + Unpin + 'static,
{
    let asking = match pdp.asking(request.extensions(), request.headers()) {
        Ok(asking) => asking,
        Err(refused) => return malformed(refused).into_http(),
    };
    let deadline = deadline::of(request.headers());
    let mut answers = Answers::new(request.into_body(), Arc::clone(pdp), asking, stop);
    answers.deadline = deadline.map(|deadline| Box::pin(sleep(deadline)));
    let mut response = Response::new(Body::new(answers));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

/// The same for whoever serves [`super::Service`] in a server of their own, where the transport reads and writes the
/// messages.
pub(super) fn answers<S>(questions: S, pdp: Arc<Pdp>, asking: Asking) -> BoxStream<wire::CheckStreamResponse>
where
    S: Stream<Item = Result<wire::CheckStreamRequest, Status>> + Send + 'static,
{
    use wire::check_stream_response::Result as Item;
    Box::pin(questions.then(move |question| {
        let (pdp, asking) = (Arc::clone(&pdp), asking.still());
        async move {
            let wire::CheckStreamRequest { id, check } = question?;
            let question = read(check);
            let decide = |view: &View<'_>| Ok(convert::response(view, &verdict(view, &question)?));
            let result = pdp.ask(asking, decide).await;
            let result = result.map_or_else(|error| Item::Error(convert::failed(&error)), Item::Response);
            Ok(wire::CheckStreamResponse { id, result: Some(result) })
        }
    }))
}

fn read(check: Option<wire::CheckRequest>) -> Result<Question, Malformed> {
    Question::read(check.ok_or(Malformed::Missing("check"))?)
}

fn verdict<'v>(view: &'v View<'_>, question: &Result<Question, Malformed>) -> Result<Decision<'v>, Undecided> {
    match question {
        Ok(asked) => view.decide(&asked.request()),
        Err(malformed) => Err(malformed.clone().into()),
    }
}

/// A body of answers.
struct Answers<B> {
    questions: B,
    /// What has arrived and is not answered.
    read: BytesMut,
    /// Answers to be sent.
    written: BytesMut,
    /// Answers that are waited for, where any have to be.
    ahead: Ahead,
    pdp: Arc<Pdp>,
    asking: Asking,
    stop: Pin<Box<WaitForCancellationFutureOwned>>,
    /// How long the client waits for all of it, where it says so.
    deadline: Option<Pin<Box<Sleep>>>,
    /// Set while a message that has begun is waited for.
    late: Option<Pin<Box<Sleep>>>,
    state: State,
}

enum State {
    Open,
    /// What is written is still to be sent, and then this.
    Ending(Status),
    Ended,
}

impl<B> Answers<B> {
    fn new(questions: B, pdp: Arc<Pdp>, asking: Asking, stop: &CancellationToken) -> Self {
        let stop = Box::pin(stop.clone().cancelled_owned());
        let (read, written, ahead) = (BytesMut::new(), BytesMut::new(), Ahead::default());
        let (deadline, late) = (None, None);
        Self { questions, read, written, ahead, pdp, asking, stop, deadline, late, state: State::Open }
    }

    /// Decides what has arrived whole, all of it on one snapshot where nothing has to be waited for, until there are enough
    /// answers to send.
    fn decide(&mut self) -> Result<(), Status> {
        let Self { read, written, ahead, pdp, asking, .. } = self;
        let limit = pdp.limits().message_bytes;
        let mut view = pdp.is_at_hand(asking).then(|| pdp.view_for(asking.still()));
        let (mut done, mut refused) = (0, Ok(()));
        while written.len() < FULL && !ahead.is_full() {
            let message = match message(read.get(done..).unwrap_or_default(), limit) {
                Ok(Some(message)) => message,
                Ok(None) => break,
                Err(status) => {
                    refused = Err(status);
                    break;
                }
            };
            done += HEADER + message.len();
            self.late = None;
            match &view {
                Some(view) => decide(view, message, written),
                None => ahead.push(message.len(), decided(Arc::clone(pdp), asking.still(), message.to_vec())),
            }
        }
        // What is decided here is answered, whatever came after it; and it waits for nothing.
        _ = view.as_mut().and_then(View::record);
        read.advance(done);
        if read.is_empty() && read.capacity() > KEPT {
            *read = BytesMut::new();
        }
        refused
    }

    /// What is to be sent now, where there is something.
    fn send(&mut self) -> Option<Frame<Bytes>> {
        if !self.written.is_empty() {
            return Some(Frame::data(self.written.split().freeze()));
        }
        if !self.ahead.is_empty() {
            return None;
        }
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Ending(status) => Some(Frame::trailers(trailers(&status))),
            before @ (State::Open | State::Ended) => {
                self.state = before;
                None
            }
        }
    }
}

impl<B: HttpBody<Data = Bytes> + Unpin> Answers<B> {
    /// What is to be sent next.
    fn frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let mut came = self.ahead.write(context, &mut self.written, FULL);
        while let State::Open = self.state {
            let decided = self.decide();
            came |= self.ahead.write(context, &mut self.written, FULL);
            let received = match decided {
                Ok(()) if self.written.len() >= FULL => break,
                // There is room for more of what has arrived.
                Ok(()) if std::mem::take(&mut came) => continue,
                Ok(()) if self.ahead.is_full() => break,
                Ok(()) => self.receive(context),
                refused @ Err(_) => Poll::Ready(refused),
            };
            match received {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(status)) => self.state = State::Ending(status),
                Poll::Pending => break,
            }
        }
        match (self.send(), &self.state) {
            (Some(frame), _) => Poll::Ready(Some(Ok(frame))),
            (None, State::Ended) => Poll::Ready(None),
            (None, State::Open | State::Ending(_)) => Poll::Pending,
        }
    }

    /// Reads what has arrived.
    fn receive(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Status>> {
        if self.stop.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(Status::unavailable("the connection ends: ask again what has no answer")));
        }
        if self.deadline.as_mut().is_some_and(|deadline| deadline.as_mut().poll(context).is_ready()) {
            return Poll::Ready(Err(Status::deadline_exceeded(DEADLINE)));
        }
        match Pin::new(&mut self.questions).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                frame.into_data().iter().for_each(|data| self.read.extend_from_slice(data));
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Some(Err(_broken_off))) => Poll::Ready(Err(Status::cancelled("the stream was broken off"))),
            Poll::Ready(None) if self.read.is_empty() => Poll::Ready(Err(Status::ok(""))),
            Poll::Ready(None) => Poll::Ready(Err(Status::invalid_argument("the last message is cut short"))),
            Poll::Pending => self.wait(context),
        }
    }

    /// Waits for the rest of a message only so long: nothing else bounds how many peers make the server hold half of one.
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Status>> {
        if self.read.is_empty() || !self.written.is_empty() {
            return Poll::Pending;
        }
        ready!(self.late.get_or_insert_with(|| Box::pin(sleep(CALL_TIMEOUT))).as_mut().poll(context));
        Poll::Ready(Err(Status::deadline_exceeded(TOO_LATE)))
    }
}

impl<B: HttpBody<Data = Bytes> + Unpin> HttpBody for Answers<B> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let stream = &mut *self;
        catch_unwind(AssertUnwindSafe(|| stream.frame(context))).unwrap_or_else(|_panic| {
            // An answer may be half written: nothing of what has not been sent is.
            stream.state = State::Ended;
            Poll::Ready(Some(Ok(Frame::trailers(trailers(&Status::internal(BROKEN))))))
        })
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.state, State::Ended)
    }
}

/// The first message of what has arrived, where it is whole.
fn message(arrived: &[u8], limit: usize) -> Result<Option<&[u8]>, Status> {
    let Some((&[compressed, ref length @ ..], rest)) = arrived.split_first_chunk::<HEADER>() else { return Ok(None) };
    let length = u32::from_be_bytes(*length) as usize;
    if compressed != 0 {
        return Err(Status::invalid_argument("messages must not be compressed"));
    }
    if length > limit {
        return Err(malformed(Malformed::OverLimit { what: "the message", limit }));
    }
    Ok(rest.get(..length))
}

/// Decides one message and writes the answer.
fn decide(view: &View<'_>, message: &[u8], written: &mut BytesMut) {
    let decoded = fault::point("stream.decode").map_err(|error| error.to_string());
    let decoded = decoded.and_then(|()| wire::CheckStreamRequest::decode(message).map_err(|error| error.to_string()));
    let (id, check) = match decoded {
        Ok(wire::CheckStreamRequest { id, check }) => (id, check),
        Err(error) => {
            view.note_undecided(Why::Malformed);
            return answer::error(id(message), &format!("unreadable message: {error}"), false, written);
        }
    };
    match verdict(view, &read(check)) {
        Ok(decision) => answer::decision(id, view.revisions(), &decision, written),
        Err(error) => {
            view.note_undecided((&error).into());
            answer::undecided(id, &error, written);
        }
    }
}

/// The same where facts may have to be fetched for it.
async fn decided(pdp: Arc<Pdp>, asking: Asking, message: Vec<u8>) -> Bytes {
    let decide = |view: &View<'_>| {
        let mut written = BytesMut::new();
        decide(view, &message, &mut written);
        Ok(written)
    };
    // The stream may last, a question may not.
    let late = || Err(Undecided::Unavailable(LATE.to_owned()));
    let asked = in_time(CALL_TIMEOUT, pdp.ask(asking, decide)).await.unwrap_or_else(late);
    let written = asked.unwrap_or_else(|error: Undecided| {
        let mut written = BytesMut::new();
        pdp.note_undecided((&error).into());
        answer::undecided(id(&message), &error, &mut written);
        written
    });
    written.freeze()
}

/// The id of a message that can't be read; 0 where not even that can be.
fn id(message: &[u8]) -> u64 {
    /// A message whose question is passed over.
    #[derive(Clone, PartialEq, prost::Message)]
    struct Named {
        #[prost(uint64, tag = "1")]
        id: u64,
    }
    Named::decode(message).map_or(0, |Named { id }| id)
}

fn trailers(status: &Status) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    if status.add_header(&mut trailers).is_err() {
        trailers.insert(super::GRPC_STATUS, HeaderValue::from(Code::Unknown as i32));
    }
    trailers
}
