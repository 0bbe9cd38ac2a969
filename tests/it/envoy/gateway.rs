//! A real Envoy as a process of its own, and the tokens that it verifies.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use rcgen::{KeyPair, PKCS_ED25519, SigningKey as _};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::reference::SAID_STUDENT;
use super::upstream::{Client, header};

/// Envoy, until it is dropped.
pub(super) struct Gateway {
    process: Child,
    admin: SocketAddr,
    key: KeyPair,
    folder: TempDir,
}

/// How a listener of the gateway reaches Hallpass.
pub(super) enum Reached {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// The issuer of the tokens.
const ISSUER: &str = "https://sign-in.district.example";

impl Gateway {
    /// Starts Envoy with a listener for each way to Hallpass.
    pub(super) fn start(upstream: SocketAddr, ways: &[Reached]) -> Self {
        let folder = TempDir::new().unwrap();
        let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let config = folder.path().join("envoy.json");
        let log = folder.path().join("access.log");
        std::fs::write(&config, configuration(upstream, ways, &key, &log.to_string_lossy()).to_string()).unwrap();
        let admin = folder.path().join("admin");
        let process = Command::new(binary())
            .args(["--config-path", &config.to_string_lossy(), "--admin-address-path", &admin.to_string_lossy()])
            .args([
                "--use-dynamic-base-id",
                "--concurrency",
                "1",
                "--log-level",
                "error",
                "--file-flush-interval-msec",
                "20",
            ])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut gateway = Self { process, admin: SocketAddr::from(([127, 0, 0, 1], 0)), key, folder };
        gateway.wait(|gateway| {
            gateway.admin = std::fs::read_to_string(&admin).ok()?.parse().ok()?;
            (gateway.told("/ready")? == "LIVE\n").then_some(())
        });
        gateway
    }

    /// Waits until Envoy has come so far.
    pub(super) fn wait<T>(&mut self, until: impl Fn(&mut Self) -> Option<T>) -> T {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(found) = until(self) {
                return found;
            }
            assert!(self.process.try_wait().unwrap().is_none(), "Envoy ended");
            assert!(Instant::now() < end, "Envoy did not come so far");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// A client of one of the listeners.
    pub(super) fn client(&mut self, way: usize) -> Client {
        let listeners = self.wait(|gateway| {
            let told: Value = serde_json::from_str(&gateway.told("/listeners?format=json")?).ok()?;
            told.get("listener_statuses").cloned()
        });
        let listener = listeners.as_array().unwrap().iter().find(|listener| listener["name"] == json!(name(way)));
        let port = listener.unwrap()["local_address"]["socket_address"]["port_value"].as_u64().unwrap();
        Client::new(SocketAddr::from(([127, 0, 0, 1], u16::try_from(port).unwrap())))
    }

    /// What Envoy's own interface says.
    fn told(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.admin).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n").ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        Some(if header(head, "transfer-encoding").is_some() { whole(body) } else { body.to_owned() })
    }

    /// A counter of all requests that came in one way.
    pub(super) fn count(&self, way: usize, counter: &str) -> u64 {
        let told = self.told(&format!("/stats?filter=^http.{}.ext_authz.{counter}$", name(way))).unwrap();
        told.trim().rsplit(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0)
    }

    /// What Envoy has written about requests.
    pub(super) fn log(&self) -> Option<String> {
        std::fs::read_to_string(self.folder.path().join("access.log")).ok()
    }

    /// A token of this person, signed with the district's key.
    pub(super) fn token(&self, who: &str) -> String {
        signed(&self.key, &json!({ "iss": ISSUER, "sub": who, "school": super::reference::CLAIMED_SCHOOL }))
    }

    /// A token of this person, signed with another key.
    pub(super) fn forged(who: &str) -> String {
        let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        signed(&key, &json!({ "iss": ISSUER, "sub": who }))
    }
}

/// A body from its chunks.
fn whole(chunks: &str) -> String {
    let (mut rest, mut body) = (chunks, String::new());
    while let Some((size, after)) = rest.split_once("\r\n") {
        let (chunk, next) = after.split_at(usize::from_str_radix(size, 16).unwrap());
        body.push_str(chunk);
        rest = next.strip_prefix("\r\n").unwrap();
    }
    body
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn signed(key: &KeyPair, claims: &Value) -> String {
    let head = json!({ "alg": "EdDSA", "typ": "JWT", "kid": "district" });
    let text = format!("{}.{}", BASE64.encode(head.to_string()), BASE64.encode(claims.to_string()));
    let signature = key.sign(text.as_bytes()).unwrap();
    format!("{text}.{}", BASE64.encode(signature))
}

#[expect(clippy::disallowed_methods, reason = "where the real part is")]
fn binary() -> String {
    std::env::var("HALLPASS_TEST_ENVOY").expect("HALLPASS_TEST_ENVOY names Envoy's binary")
}

fn name(way: usize) -> String {
    format!("way{way}")
}

fn configuration(upstream: SocketAddr, ways: &[Reached], key: &KeyPair, log: &str) -> Value {
    let keys = json!({ "keys": [{
        "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "district", "x": BASE64.encode(key.public_key_raw()),
    }]});
    let ours = |(at, way): (usize, &Reached)| {
        let address = match way {
            Reached::Tcp(addr) => tcp(*addr),
            Reached::Unix(path) => json!({ "pipe": { "path": path } }),
        };
        cluster(&format!("hallpass{at}"), &address, true)
    };
    let mut clusters: Vec<Value> = ways.iter().enumerate().map(ours).collect();
    clusters.push(cluster("upstream", &tcp(upstream), false));
    let listeners: Vec<Value> = (0..ways.len()).map(|way| listener(way, &keys, log)).collect();
    json!({
        "admin": { "address": tcp(SocketAddr::from(([127, 0, 0, 1], 0))) },
        "static_resources": { "listeners": listeners, "clusters": clusters },
    })
}

fn tcp(addr: SocketAddr) -> Value {
    json!({ "socket_address": { "address": addr.ip().to_string(), "port_value": addr.port() } })
}

fn cluster(name: &str, address: &Value, http2: bool) -> Value {
    let protocol = if http2 { json!({ "http2_protocol_options": {} }) } else { json!({ "http_protocol_options": {} }) };
    json!({
        "name": name, "connect_timeout": "1s",
        "typed_extension_protocol_options": { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            "explicit_http_config": protocol,
        }},
        "load_assignment": { "cluster_name": name, "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": address } }] }] },
    })
}

/// A listener that repairs nothing in a path: what Hallpass refuses must not be caught before it.
fn listener(way: usize, keys: &Value, log: &str) -> Value {
    let to_upstream = json!({ "cluster": "upstream" });
    let said = json!({ "envoy.filters.http.ext_authz": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute",
        "check_settings": { "context_extensions": {
            "hallpass.type": "misis.grades.mark", "hallpass.action": "update", "hallpass.student": SAID_STUDENT,
        }},
    }});
    let manager = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": name(way),
        "normalize_path": false, "merge_slashes": false, "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
        "route_config": { "virtual_hosts": [{ "name": "all", "domains": ["*"], "routes": [
            { "match": { "prefix": "/rpc/" }, "route": to_upstream, "typed_per_filter_config": said },
            { "match": { "prefix": "/" }, "route": to_upstream },
        ]}]},
        "http_filters": [jwt(keys), ext_authz(way), {
            "name": "envoy.filters.http.router",
            "typed_config": { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
        }],
        "access_log": [{ "name": "envoy.access_loggers.file", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog", "path": log,
            "log_format": { "text_format_source": { "inline_string":
                "%RESPONSE_CODE% %REQ(:PATH)% %DYNAMIC_METADATA(envoy.filters.http.ext_authz)%\n" } },
        }}],
    });
    json!({
        "name": name(way),
        "address": tcp(SocketAddr::from(([127, 0, 0, 1], 0))),
        "filter_chains": [{ "filters": [{ "name": "envoy.filters.network.http_connection_manager", "typed_config": manager }] }],
    })
}

/// Tokens are verified where there is one; who comes without is nobody.
fn jwt(keys: &Value) -> Value {
    json!({ "name": "envoy.filters.http.jwt_authn", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
        "providers": { "district": {
            "issuer": ISSUER, "payload_in_metadata": "jwt_payload",
            "local_jwks": { "inline_string": keys.to_string() },
        }},
        "rules": [{ "match": { "prefix": "/" }, "requires": { "requires_any": { "requirements": [
            { "provider_name": "district" }, { "allow_missing": {} },
        ]}}}],
    }})
}

fn ext_authz(way: usize) -> Value {
    json!({ "name": "envoy.filters.http.ext_authz", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
        "transport_api_version": "V3",
        "failure_mode_allow": false,
        "status_on_error": { "code": "ServiceUnavailable" },
        "metadata_context_namespaces": ["envoy.filters.http.jwt_authn"],
        "grpc_service": { "envoy_grpc": { "cluster_name": format!("hallpass{way}") }, "timeout": "0.2s" },
    }})
}
