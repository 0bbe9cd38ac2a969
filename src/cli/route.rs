//! `route`: which route a request at a gateway has, and the question that it becomes. Nothing is asked: the answer is the
//! command that would ask it.

use std::io::Write;
use std::path::PathBuf;

use serde_json::json;

use super::format::Format;
use super::layout::table;
use super::question::property;
use super::{Exit, load};
use crate::live;
use crate::policy::request::{Properties, Value};
use crate::policy::routes::{Gateway, Identity, NoRoute, Question};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// The request's method, such as GET
    method: String,
    /// The request's path, with its query if it has one
    path: String,
    /// The request's host, as clients send it
    #[arg(long, value_name = "HOST", default_value = "", hide_default_value = true)]
    host: String,
    /// A claim of the person's token
    #[arg(long, value_name = "NAME=VALUE", value_parser = property)]
    claim: Vec<(String, Value)>,
    /// What Envoy's own configuration says of the route: a context extension, less its `hallpass.`
    #[arg(long, value_name = "NAME=TEXT", value_parser = extension)]
    extension: Vec<(String, String)>,
    /// Folder of the policy files
    #[arg(long, value_name = "DIR", env = "HALLPASS_POLICIES", default_value = crate::config::POLICIES)]
    policies: PathBuf,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

fn extension(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("write `name=text`, such as `type=misis.grades.mark`")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Gateway for Args {
    fn claim(&self, _: &str, name: &str) -> Option<Value> {
        self.claim.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    fn said(&self) -> Vec<(&str, &str)> {
        self.extension.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
    }
}

/// Finds the route.
pub(super) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Exit> {
    let policy = load::policy(&args.policies)?;
    let routes = policy.routes();
    if routes.is_empty() {
        anyhow::bail!("the policies have no routes: a gateway would deny everything; add a `hallpass: routes/v1` file");
    }
    let found = routes.find(&args.method, &args.host, &args.path).map_err(|none| match none {
        NoRoute::NotCanonical => anyhow::anyhow!("the path has more than one spelling, so a gateway denies it"),
        NoRoute::Unmatched => anyhow::anyhow!("no route matches, so a gateway denies it"),
    })?;
    let at = found.route.at();
    let place = format!("{}:{}", live::path(&args.policies, &at.file), at.line);
    let question = found.question(args)?;
    let (pattern, identity) = (found.route.pattern(), found.route.identity());
    let (subject, asks) = (identity.to_string(), command(&args.subject(identity), &question));
    if args.format == Format::Json {
        let answer = json!({
            "route": pattern, "file": place, "subject": subject, "action": question.action, "type": question.kind,
            "id": question.id, "asks": asks,
        });
        writeln!(out, "{answer}")?;
        return Ok(Exit::Success);
    }
    let rows = [["route", pattern], ["stands at", &place], ["subject", &subject], ["asks", &asks]];
    let rows: Vec<Vec<String>> = rows.into_iter().map(|row| row.map(str::to_owned).into()).collect();
    write!(out, "{}", table(&rows, None, &[]))?;
    Ok(Exit::Success)
}

impl Args {
    /// Who would ask, as far as claims say it.
    fn subject(&self, identity: &Identity) -> String {
        let Identity::Claim(name) = identity else { return "SUBJECT".to_owned() };
        match self.claim("", name) {
            Some(Value::Text(id)) => id,
            _ => "SUBJECT".to_owned(),
        }
    }
}

/// The command that asks the question.
fn command(subject: &str, question: &Question) -> String {
    let Question { action, kind, id, stored } = question;
    let mut words =
        format!("hallpass check --subject {} --action {} --type {}", word(subject), word(action), word(kind));
    let mut flag = |name: &str, value: &str| words.push_str(&format!(" --{name} {}", word(value)));
    if !id.is_empty() {
        flag("id", id);
    }
    let one = |value: &Option<String>| value.iter().cloned().collect::<Vec<_>>();
    let many = |value: &Option<Vec<String>>| value.clone().unwrap_or_default();
    let named = [
        ("school", many(&stored.school)),
        ("student", one(&stored.student)),
        ("section", many(&stored.section)),
        ("created-by", one(&stored.created_by)),
        ("referred-to", many(&stored.referred_to)),
        ("role", one(&stored.role)),
        ("date", stored.date.iter().map(ToString::to_string).collect()),
    ];
    for (name, values) in &named {
        values.iter().for_each(|value| flag(name, value));
    }
    free(&stored.free).iter().for_each(|property| flag("property", property));
    words
}

fn free(properties: &Properties) -> Vec<String> {
    properties.iter().map(|(name, value)| format!("{name}:={}", json(value))).collect()
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::Number(value) => (*value).into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), json(value))).collect(),
    }
}

/// A word as a shell takes it.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.,:/@%+=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
