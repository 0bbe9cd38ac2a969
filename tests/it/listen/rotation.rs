//! Certificates rotated a hundred times while clients come all the time: none that is good is refused, whatever stands in
//! the files meanwhile, and each good pair counts soon.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoClientAuth;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, ServerConnection};
use tokio_rustls::rustls;

use super::{EVALUATION, check, question};
use crate::pki::{self, Authority, Pair, dns};
use crate::running::runtime;
use crate::secure::{Secure, Stream, connect, until};
use crate::support::write;

const ROTATIONS: usize = 100;
const CALLERS: &str = "\
hallpass: callers/v1
callers:
  gradebook:
    spiffe: spiffe://district.example/gradebook
    may: [check, status]
";

/// What is put into the files before the next good pair.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    None,
    Mismatched,
    Expired,
    TruncatedCertificate,
    TruncatedKey,
    Missing,
}

const TROUBLES: [Trouble; 6] = [
    Trouble::None,
    Trouble::Mismatched,
    Trouble::Expired,
    Trouble::TruncatedCertificate,
    Trouble::TruncatedKey,
    Trouble::Missing,
];

/// The certificate that a client sees in a new handshake.
fn seen(server: SocketAddr, authority: &Authority, client: &Pair) -> CertificateDer<'static> {
    let stream = connect(server, authority, Some(client)).unwrap();
    stream.conn.peer_certificates().unwrap()[0].clone().into_owned()
}

fn der(pair: &Pair) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pair.cert.as_bytes()).unwrap()
}

/// Asks once on a connection that stays.
fn ask(stream: &mut Stream) {
    let body = question().to_string();
    let head = format!(
        "POST {EVALUATION} HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(br#"{"decision":true}"#) {
        let mut part = [0; 1024];
        let read = stream.read(&mut part).unwrap();
        assert!(read > 0, "{}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&part[..read]);
    }
}

/// Connects and asks over and over, until told to stop: how often.
fn load(server: SocketAddr, authority: &Authority, client: &Pair, stop: &AtomicBool, served: &AtomicUsize) {
    while !stop.load(Ordering::Relaxed) {
        ask(&mut connect(server, authority, Some(client)).unwrap());
        served.fetch_add(1, Ordering::Relaxed);
    }
}

/// What is wrong with the files, as Status tells it.
fn problems(scene: &Secure, client: &Pair) -> Vec<String> {
    runtime().block_on(async {
        let mut hallpass =
            hallpass::grpc::proto::hallpass::hallpass_client::HallpassClient::new(scene.channel(Some(client)));
        let status = hallpass.status(hallpass::grpc::proto::hallpass::StatusRequest {}).await.unwrap().into_inner();
        assert!(hallpass.check(check()).await.unwrap().into_inner().allow);
        status.credentials.unwrap().problems
    })
}

fn cause(scene: &Secure, trouble: Trouble, current: &Pair) -> Option<&'static str> {
    let (cert, key) = (scene.file("cert.pem"), scene.file("key.pem"));
    let half = |text: &str| text.get(..text.len() / 2).unwrap().to_owned();
    match trouble {
        Trouble::None => return None,
        Trouble::Mismatched => write(&cert, scene.authority.server().cert),
        Trouble::Expired => {
            let old = scene.authority.issue(|params| {
                params.subject_alt_names = vec![dns("localhost")];
                pki::expire(params);
            });
            write(&key, old.key);
            write(&cert, old.cert);
        }
        Trouble::TruncatedCertificate => write(&cert, half(&current.cert)),
        Trouble::TruncatedKey => write(&key, half(&current.key)),
        Trouble::Missing => std::fs::remove_file(&cert).unwrap(),
    }
    Some(match trouble {
        Trouble::None => "",
        Trouble::Mismatched => "is not that of the certificate",
        Trouble::Expired => "is in force from 2019-01-01T00:00:00Z to 2020-01-01T00:00:00Z",
        Trouble::TruncatedCertificate => "holds no certificate",
        Trouble::TruncatedKey => "holds no key",
        Trouble::Missing => "cannot be read",
    })
}

#[test]
fn a_hundred_rotations_under_load_refuse_nobody() {
    let scene = Secure::start(CALLERS, &[]);
    let client = scene.authority.client(&["spiffe://district.example/gradebook"]);
    let mut lasting = scene.connect(Some(&client)).unwrap();
    let (stop, served) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut current = Pair { cert: String::new(), key: String::new() };
    (current.cert, current.key) = (
        std::fs::read_to_string(scene.file("cert.pem")).unwrap(),
        std::fs::read_to_string(scene.file("key.pem")).unwrap(),
    );
    std::thread::scope(|scope| {
        let loaders: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| load(scene.server.http, &scene.authority, &client, &stop, &served)))
            .collect();
        for round in 0..ROTATIONS {
            let trouble = TROUBLES[round % TROUBLES.len()];
            if let Some(message) = cause(&scene, trouble, &current) {
                until(message, || problems(&scene, &client).iter().any(|problem| problem.contains(message)));
                assert_eq!(seen(scene.server.http, &scene.authority, &client), der(&current), "{trouble:?}");
            }
            let next = scene.authority.server();
            // Key first, or certificate first: either way they differ for a moment.
            let mut files = [("key.pem", &next.key), ("cert.pem", &next.cert)];
            files.rotate_left(round / TROUBLES.len() % 2);
            files.iter().for_each(|(name, content)| write(&scene.file(name), content));
            until("the new certificate", || seen(scene.server.http, &scene.authority, &client) == der(&next));
            ask(&mut lasting);
            current = next;
        }
        stop.store(true, Ordering::Relaxed);
        loaders.into_iter().for_each(|loader| loader.join().unwrap());
    });
    until("all well", || problems(&scene, &client).is_empty());
    assert!(served.load(Ordering::Relaxed) > 0);
}

/// Serves one handshake with whatever the two files hold.
fn naive(scene: &Secure) -> Result<CertificateDer<'static>, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let read = |name| std::fs::read(scene.file(name)).map_err(|error| error.to_string());
    let chain = CertificateDer::pem_slice_iter(&read("cert.pem")?).collect::<Result<Vec<_>, _>>();
    let key = PrivateKeyDer::from_pem_slice(&read("key.pem")?).map_err(|error| error.to_string())?;
    let key = provider.key_provider.load_private_key(key).map_err(|error| error.to_string())?;
    let pair = CertifiedKey::new(chain.map_err(|error| error.to_string())?, key);
    let config = ServerConfig::builder_with_provider(provider).with_protocol_versions(rustls::ALL_VERSIONS).unwrap();
    let config = config.with_client_cert_verifier(Arc::new(NoClientAuth));
    let config = Arc::new(config.with_cert_resolver(Arc::new(SingleCertAndKey::from(pair))));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut stream = listener.accept().unwrap().0;
            let mut connection = ServerConnection::new(config).unwrap();
            while connection.is_handshaking() && connection.complete_io(&mut stream).is_ok() {}
        });
        let stream = connect(address, &scene.authority, None).map_err(|error| error.to_string())?;
        Ok(stream.conn.peer_certificates().unwrap()[0].clone().into_owned())
    })
}

/// What the test above is for: a server that takes the files as they are refuses good clients under every one of the
/// troubles.
#[test]
fn a_server_that_took_the_files_as_they_are_would_refuse() {
    let scene = Secure::start(CALLERS, &[]);
    for trouble in TROUBLES {
        let good = scene.authority.server();
        write(&scene.file("key.pem"), &good.key);
        write(&scene.file("cert.pem"), &good.cert);
        assert_eq!(naive(&scene).unwrap(), der(&good));
        let is_trouble = cause(&scene, trouble, &good).is_some();
        assert_eq!(naive(&scene).is_err(), is_trouble, "{trouble:?}");
    }
}

/// Clients of an authority that is no longer named are refused from the next handshake.
#[test]
fn an_authority_that_is_taken_out_counts_no_more() {
    let scene = Secure::start(CALLERS, &[]);
    let (other, name) = (Authority::new(), "spiffe://district.example/gradebook");
    let (old, new) = (scene.authority.client(&[name]), other.client(&[name]));
    let served = |client: &Pair| {
        let body = question().to_string();
        scene.send(Some(client), EVALUATION, &[], body.as_bytes()).is_ok_and(|answer| answer.status == 200)
    };
    assert!(served(&old) && !served(&new));
    write(&scene.file("ca.pem"), format!("{}{}", scene.authority.pem, other.pem));
    until("the second authority", || served(&new));
    assert!(served(&old));
    write(&scene.file("ca.pem"), &other.pem);
    until("the first authority's end", || !served(&old));
    assert!(served(&new));
}

/// An authorities' file that can't be read leaves the last good one in use: whoever it named is served, nobody else is, and
/// the trouble is told until it is mended.
#[test]
fn an_authority_that_is_broken_leaves_the_last_good_one() {
    let scene = Secure::start(CALLERS, &[]);
    let name = "spiffe://district.example/gradebook";
    let (known, stranger) = (scene.authority.client(&[name]), Authority::new().client(&[name]));
    let served = |client: &Pair| {
        let body = question().to_string();
        scene.send(Some(client), EVALUATION, &[], body.as_bytes()).is_ok_and(|answer| answer.status == 200)
    };
    let (path, whole) = (scene.file("ca.pem"), scene.authority.pem.clone());
    let key = scene.authority.server().key;
    for broken in [Some(whole.get(..whole.len() / 2).unwrap()), Some(""), Some(key.as_str()), None] {
        match broken {
            Some(content) => write(&path, content),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let named = |problem: &String| problem.contains("ca.pem");
        until("the trouble", || problems(&scene, &known).iter().any(named));
        assert!(served(&known) && !served(&stranger), "{broken:?}");
        write(&path, &whole);
        until("all well", || problems(&scene, &known).is_empty());
    }
}
