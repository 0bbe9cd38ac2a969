//! Protocol buffers on the wire: small buffers, as messages are small, and a message that can't be read is the
//! caller's mistake, not the server's.

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

use prost::Message;
use prost::bytes::Buf;
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic_prost::ProstEncoder;

use super::BROKEN;
use crate::fault;

/// A check and its answer fit; larger messages grow their buffer.
const BUFFER_BYTES: usize = 512;
/// How much of a stream is gathered before it is sent.
const YIELD_BYTES: usize = 32 * 1024;

/// The codec of every service here.
#[derive(Debug)]
pub(crate) struct Wire<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for Wire<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for Wire<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = Writer<T>;
    type Decoder = Reader<U>;

    fn encoder(&mut self) -> Self::Encoder {
        Writer(ProstEncoder::new(BufferSettings::new(BUFFER_BYTES, YIELD_BYTES)))
    }

    fn decoder(&mut self) -> Self::Decoder {
        Reader(PhantomData)
    }
}

/// Writes messages.
#[derive(Debug)]
pub(crate) struct Writer<T>(ProstEncoder<T>);

impl<T: Message> Encoder for Writer<T> {
    type Item = T;
    type Error = Status;

    fn encode(&mut self, message: T, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        let encode = || {
            fault::point("grpc.encode").map_err(|error| Status::internal(error.to_string()))?;
            self.0.encode(message, buffer)
        };
        // Whoever sends the answer would take the connection down with it, and everybody who asks on it.
        catch_unwind(AssertUnwindSafe(encode)).unwrap_or_else(|_panic| Err(Status::internal(BROKEN)))
    }

    fn buffer_settings(&self) -> BufferSettings {
        self.0.buffer_settings()
    }
}

/// Reads messages.
#[derive(Debug)]
pub(crate) struct Reader<U>(PhantomData<U>);

impl<U: Message + Default> Decoder for Reader<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, bytes: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        // A message lies in one piece: read as a slice it costs a quarter less than through the buffer.
        let length = bytes.chunk().len();
        let message = fault::point("grpc.decode").map_err(|error| error.to_string());
        let message = message.and_then(|()| U::decode(bytes.chunk()).map_err(|error| error.to_string()));
        bytes.advance(length);
        message.map(Some).map_err(|error| Status::invalid_argument(format!("unreadable message: {error}")))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(BUFFER_BYTES, YIELD_BYTES)
    }
}
