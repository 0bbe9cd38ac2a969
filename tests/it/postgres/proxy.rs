//! What stands between a sidecar and its database in the tests, and does to their connections what networks and broken or
//! bad servers do. It knows only as much of the protocol as it takes to find a message.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use socket2::{SockAddr, Socket, Type};

/// How long a test that fails waits for what never comes.
const LIMIT: Duration = Duration::from_secs(60);

/// What plays the server to a connection, instead of the database.
pub(crate) type Impostor = Arc<dyn Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync>;
/// What becomes of a message of the server: its tag and body, to the bytes that are sent instead.
pub(crate) type Tamper = Arc<dyn Fn(u8, &[u8]) -> Vec<u8> + Send + Sync>;

/// What is done to connections.
#[derive(Clone, Default)]
pub(crate) struct Weather {
    /// Open, and nothing gets through either way.
    pub(crate) silent: bool,
    /// A connection whose client sends these bytes is silent from there on.
    pub(crate) hold: Option<Vec<u8>>,
    /// How long each piece waits: to the server, and to the client.
    pub(crate) delay: [Duration; 2],
    /// A connection is cut after so many bytes of the server's.
    pub(crate) cut_after: Option<usize>,
    /// After so many bytes of the server's come any others, by this seed.
    pub(crate) garbage_after: Option<(usize, u64)>,
    /// What becomes of the server's messages.
    pub(crate) tamper: Option<Tamper>,
    /// Who answers new connections.
    pub(crate) impostor: Option<Impostor>,
}

/// A connection, as far as it went.
#[derive(Default)]
pub(crate) struct Connection {
    /// It has asked for notifications.
    pub(crate) listens: bool,
    /// Nothing gets through any more: it has sent what [`Weather::hold`] waits for, or was hushed.
    pub(crate) held: bool,
    /// Bytes of the server's that were let through.
    pub(crate) answered: usize,
    /// It was not ended by either side.
    pub(crate) open: bool,
    ends: Option<(TcpStream, Option<Socket>)>,
}

#[derive(Default)]
struct State {
    weather: Weather,
    connections: Vec<Connection>,
    refusing: bool,
    over: bool,
    upstream: Option<SockAddr>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// A port of its own that leads to a server's socket.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Listens, and passes everything on.
    pub(crate) fn before(upstream: SockAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let proxy = Self { address: listener.local_addr().unwrap(), shared: Arc::default() };
        proxy.lead_to(upstream);
        proxy.accept(listener);
        proxy
    }

    /// How the database is reached through it.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres:secret@{}/postgres?sslmode=disable", self.address)
    }

    /// The same over TLS, where the server's certificate comes from this authority.
    pub(crate) fn url_over_tls(&self, authority: &Path) -> String {
        let (port, authority) = (self.address.port(), authority.display().to_string().replace('/', "%2F"));
        format!("postgres://postgres:secret@localhost:{port}/postgres?sslmode=verify-full&sslrootcert={authority}")
    }

    /// New connections lead to another server.
    pub(crate) fn lead_to(&self, upstream: SockAddr) {
        self.shared.lock().upstream = Some(upstream);
    }

    /// Changes the weather, for connections that are there too.
    pub(crate) fn weather(&self, change: impl FnOnce(&mut Weather)) {
        change(&mut self.shared.lock().weather);
        self.shared.changed.notify_all();
    }

    /// Fair weather again: what was held goes on its way.
    pub(crate) fn clear(&self) {
        let mut state = self.shared.lock();
        state.weather = Weather::default();
        state.connections.iter_mut().for_each(|connection| connection.held = false);
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Cuts connections; how many there were.
    pub(crate) fn cut(&self, which: impl Fn(&Connection) -> bool) -> usize {
        let mut state = self.shared.lock();
        let cut = state.connections.iter_mut().filter(|connection| connection.open && which(connection));
        let count = cut.map(Connection::end).count();
        drop(state);
        self.shared.changed.notify_all();
        count
    }

    /// Leaves connections open on which nothing gets through any more; how many there were.
    pub(crate) fn hush(&self, which: impl Fn(&Connection) -> bool) -> usize {
        let mut state = self.shared.lock();
        let hushed = state.connections.iter_mut().filter(|connection| connection.open && which(connection));
        let count = hushed.map(|connection| connection.held = true).count();
        drop(state);
        self.shared.changed.notify_all();
        count
    }

    /// Nobody listens on the port any more; connections stay.
    pub(crate) fn refuse(&self) {
        self.shared.lock().refusing = true;
        // Who waits for the next connection gets one, and sees that there is to be none.
        while TcpStream::connect(self.address).is_ok() {
            std::thread::yield_now();
        }
    }

    /// Listens on the port again.
    pub(crate) fn admit(&self) {
        self.shared.lock().refusing = false;
        self.accept(TcpListener::bind(self.address).unwrap());
    }

    /// Waits until its connections are so.
    pub(crate) fn until(&self, what: &str, holds: impl Fn(&[Connection]) -> bool) {
        let end = Instant::now() + LIMIT;
        let mut state = self.shared.lock();
        while !holds(&state.connections) {
            assert!(Instant::now() < end, "{what} never came");
            state = self.shared.changed.wait_timeout(state, LIMIT).unwrap().0;
        }
    }

    /// A look at its connections.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&[Connection]) -> T) -> T {
        look(&self.shared.lock().connections)
    }

    fn accept(&self, listener: TcpListener) {
        let shared = Arc::clone(&self.shared);
        std::thread::spawn(move || {
            let clients = listener.incoming().map_while(Result::ok).take_while(|_| shared.admits());
            clients.for_each(|client| shared.open(client));
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.lock().over = true;
        self.cut(|_| true);
        _ = TcpStream::connect(self.address);
    }
}

impl Connection {
    fn end(&mut self) {
        self.open = false;
        if let Some((client, server)) = self.ends.take() {
            _ = client.shutdown(Shutdown::Both);
            server.map(|server| server.shutdown(Shutdown::Both));
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn admits(&self) -> bool {
        let state = self.lock();
        !state.refusing && !state.over
    }

    /// Connects a client with the server, or with who plays it.
    fn open(self: &Arc<Self>, client: TcpStream) {
        _ = client.set_nodelay(true);
        let mut state = self.lock();
        let impostor = state.weather.impostor.clone();
        let server = state.upstream.as_ref().filter(|_| impostor.is_none()).and_then(connected);
        let number = state.connections.len();
        let kept = server.as_ref().map(|server| server.try_clone().unwrap());
        let ends = Some((client.try_clone().unwrap(), kept));
        state.connections.push(Connection { open: true, ends, ..Connection::default() });
        drop(state);
        self.changed.notify_all();
        let (there, back) = (Arc::clone(self), Arc::clone(self));
        match (impostor, server) {
            (Some(play), _) => drop(std::thread::spawn(move || {
                let mut client = client;
                _ = play(&mut client);
                there.end(number);
            })),
            (None, None) => self.end(number),
            (None, Some(server)) => {
                let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || there.forth(number, from, to));
                std::thread::spawn(move || back.back(number, server, client));
            }
        }
    }

    fn end(&self, number: usize) {
        self.lock().connections[number].end();
        self.changed.notify_all();
    }

    /// From the client to the server.
    fn forth(&self, number: usize, mut client: TcpStream, mut server: Socket) {
        let mut piece = vec![0; 65_536];
        while let Ok(length @ 1..) = client.read(&mut piece) {
            self.note(number, &piece[..length]);
            if !self.pass(number, 0) || server.write_all(&piece[..length]).is_err() {
                break;
            }
        }
        self.end(number);
    }

    /// From the server to the client.
    fn back(&self, number: usize, mut server: Socket, mut client: TcpStream) {
        let (mut piece, mut messages) = (vec![0; 65_536], Messages::default());
        while let Ok(length @ 1..) = server.read(&mut piece) {
            if !self.pass(number, 1) {
                break;
            }
            let (weather, before) = {
                let state = self.lock();
                (state.weather.clone(), state.connections[number].answered)
            };
            let mut told = messages.through(&piece[..length], weather.tamper.as_ref());
            if let Some((after, seed)) = weather.garbage_after {
                garble(&mut told, before, after, seed);
            }
            let cut = weather.cut_after.filter(|most| before + told.len() >= *most);
            told.truncate(cut.map_or(told.len(), |most| most.saturating_sub(before)));
            let sent = client.write_all(&told);
            self.lock().connections[number].answered += told.len();
            self.changed.notify_all();
            if sent.is_err() || cut.is_some() {
                break;
            }
        }
        self.end(number);
    }

    /// Looks at what a client sends.
    fn note(&self, number: usize, piece: &[u8]) {
        let has = |needle: &[u8]| piece.windows(needle.len()).any(|window| window == needle);
        let mut state = self.lock();
        let held = state.weather.hold.as_ref().is_some_and(|needle| has(needle));
        let connection = &mut state.connections[number];
        connection.listens |= has(b"LISTEN");
        connection.held |= held;
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until a piece may go on its way; whether it may at all.
    fn pass(&self, number: usize, way: usize) -> bool {
        let began = Instant::now();
        let mut state = self.lock();
        loop {
            let State { weather, connections, over, .. } = &*state;
            let connection = &connections[number];
            if *over || !connection.open {
                return false;
            }
            let silent = weather.silent || connection.held;
            let left = weather.delay[way].saturating_sub(began.elapsed());
            if !silent && left.is_zero() {
                return true;
            }
            state = self.changed.wait_timeout(state, if silent { LIMIT } else { left }).unwrap().0;
        }
    }
}

fn connected(upstream: &SockAddr) -> Option<Socket> {
    let socket = Socket::new(upstream.domain(), Type::STREAM, None).unwrap();
    socket.connect(upstream).ok().map(|()| socket)
}

/// Replaces the bytes of a stream from a place on; these begin at another.
fn garble(piece: &mut [u8], begins: usize, after: usize, seed: u64) {
    for (at, byte) in piece.iter_mut().enumerate().skip(after.saturating_sub(begins)) {
        let mixed = (begins + at) as u64 ^ seed;
        *byte = (mixed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8;
    }
}

/// The server's messages, found in its stream.
#[derive(Default)]
struct Messages {
    rest: Vec<u8>,
    /// The server has agreed to TLS: there is nothing to be found.
    enciphered: bool,
}

impl Messages {
    /// What is sent for a piece of the stream.
    fn through(&mut self, piece: &[u8], tamper: Option<&Tamper>) -> Vec<u8> {
        // An answer to whether there is TLS; no message in the clear is so short.
        self.enciphered |= self.rest.is_empty() && piece == b"S";
        if self.enciphered || (self.rest.is_empty() && piece == b"N") {
            return piece.to_vec();
        }
        self.rest.extend_from_slice(piece);
        let mut told = Vec::new();
        while let Some(length) = self.rest.get(1..5) {
            let whole = u32::from_be_bytes(length.try_into().unwrap()) as usize + 1;
            if self.rest.len() < whole {
                break;
            }
            let message: Vec<u8> = self.rest.drain(..whole).collect();
            told.extend(tamper.map_or_else(|| message.clone(), |tamper| tamper(message[0], &message[5..])));
        }
        told
    }
}

/// A message of the server.
pub(crate) fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    announced(tag, body.len() + 4, body)
}

/// A message that says it has another length.
pub(crate) fn announced(tag: u8, length: usize, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(length).unwrap().to_be_bytes();
    [&[tag][..], &length, body].concat()
}
