//! A web service that asks Hallpass before each answer, by a tower layer.
//!
//! ```sh
//! cargo run --example guarded -- 127.0.0.1:50051 127.0.0.1:8080
//! curl -i -X PUT -H 'x-user: t.rivera' http://127.0.0.1:8080/students/s.0142/marks
//! ```
//!
//! Here a header says who asks: in front of this stands whatever checks the session and sets it, and nobody reaches it
//! else.

mod layer;

use axum::Router;
use axum::routing::get;
use hallpass::grpc::proto::hallpass as wire;
use hyper::{Method, Request};
use tokio::net::TcpListener;
use tonic::transport::Endpoint;
use wire::hallpass_client::HallpassClient;

use layer::Guard;

/// The question before `/students/{student}/marks`; none before anything else, so that it is closed.
pub fn question<B>(request: &Request<B>) -> Option<wire::CheckRequest> {
    let mut users = request.headers().get_all("x-user").iter();
    let (Some(user), None) = (users.next(), users.next()) else { return None };
    let student = request.uri().path().strip_prefix("/students/")?.strip_suffix("/marks")?;
    let action = match *request.method() {
        Method::GET => "view",
        Method::PUT => "update",
        _ => return None,
    };
    Some(wire::CheckRequest {
        subject: Some(wire::Subject { r#type: "user".into(), id: user.to_str().ok()?.into(), ..Default::default() }),
        action: Some(wire::Action { name: action.into(), ..Default::default() }),
        resource: Some(wire::Resource {
            r#type: "misis.grades.mark".into(),
            student: Some(student.into()),
            ..Default::default()
        }),
        ..Default::default()
    })
}

/// The service behind the guard.
pub fn app(hallpass: HallpassClient<tonic::transport::Channel>) -> Router {
    let marks = get(async || "B+").put(async || "noted");
    Router::new().route("/students/{student}/marks", marks).layer(Guard::new(hallpass, question))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (server, own) = (arguments.next().ok_or("name a server")?, arguments.next().ok_or("name an address")?);
    let hallpass = HallpassClient::new(Endpoint::from_shared(format!("http://{server}"))?.connect_lazy());
    axum::serve(TcpListener::bind(own).await?, app(hallpass)).await?;
    Ok(())
}
