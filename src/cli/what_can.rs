//! `what-can`: what somebody may do, by what they hold: of each role how far it reaches from where it is held.

use std::io::{self, Write};

use anyhow::Context as _;
use serde_json::json;

use super::ask::day;
use super::format::Format;
use super::here::Here;
use super::look::plain;
use super::matrix::choice::modules;
use super::{Exit, look, rights};
use crate::config::Folders;
use crate::policy::compiled::Policy;
use crate::policy::day::Day;
use crate::policy::model::Reach;
use crate::policy::posts::Post;
use crate::policy::roles::Right;

/// How many sections a line names.
const NAMED: usize = 8;

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// The user's id in the directory
    user: String,
    /// Only these modules, separated by commas: `grades`, or `misis.grades`
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    module: Vec<String>,
    #[command(flatten, next_help_heading = "Whom to ask")]
    folders: Folders,
    /// Ask as if this were the day
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    on: Option<Day>,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(flatten)]
    look: look::Look,
}

/// Looks.
pub(super) fn run(args: &Args, terminal: bool, out: &mut impl Write) -> anyhow::Result<Exit> {
    let here = Here::open(&args.folders)?;
    let policy = here.policy();
    let wanted = modules(&policy, &args.module)?;
    let posts = here.ask(args.on, |view| view.posts(&args.user))?;
    let posts =
        posts.with_context(|| format!("the directory has no user `{}`, or they are disabled", plain(&args.user)))?;
    let held: Vec<Held<'_>> = posts.iter().map(|post| Held::new(&policy, post, &wanted)).collect();
    match args.format {
        Format::Json => writeln!(out, "{}", to_json(&args.user, &held, &policy))?,
        Format::Human => human(args, &held, &policy, terminal, out)?,
    }
    Ok(Exit::Success)
}

/// What somebody holds, with what it lets them do.
struct Held<'a> {
    post: &'a Post,
    title: &'a str,
    /// None where it doesn't count.
    rights: Vec<Right<'a>>,
}

impl<'a> Held<'a> {
    fn new(policy: &'a Policy, post: &'a Post, wanted: &[String]) -> Self {
        let rights = if post.in_effect() { policy.rights(&post.role) } else { Vec::new() };
        let is_wanted = |right: &Right<'_>| wanted.is_empty() || wanted.iter().any(|kind| kind == right.resource_type);
        let title = policy.sheet(&post.role).map_or("", |sheet| &sheet.title);
        Self { post, title, rights: rights.into_iter().filter(is_wanted).collect() }
    }

    fn head(&self) -> String {
        let title = if self.title.is_empty() { String::new() } else { format!(" ({})", self.title) };
        format!("{}{title} at {}", plain(&self.post.role), plain(&self.post.org))
    }

    /// Why it lets them do nothing, where it doesn't count.
    fn inert(&self) -> Option<String> {
        let [begin, end] = self.post.period.bounds();
        let dates = [begin.map(|day| format!(" from {day}")), end.map(|day| format!(" until before {day}"))];
        match self.post.standing {
            "unknown_role" => Some("no policy file describes this role".to_owned()),
            "out_of_dates" => Some(format!("counts only{}", dates.into_iter().flatten().collect::<String>())),
            "without_effect_here" => Some("the role has no effect at this organisation, or not yet".to_owned()),
            _ => None,
        }
    }

    /// A scope, from where the role is held.
    fn reach(&self, reach: Reach) -> String {
        let org = plain(&self.post.org);
        match reach {
            Reach::Org => format!("at {org}, and below (org)"),
            Reach::Section => format!("in {} (section)", self.sections()),
            Reach::Own => format!("on records at {org}, and below, that they made (own)"),
            Reach::Referred => format!("on what is referred to {org}, or below (referred)"),
        }
    }

    fn sections(&self) -> String {
        let named: Vec<String> = self.post.teaches.iter().take(NAMED).map(|section| plain(section)).collect();
        match self.post.teaches.len() {
            0 => format!("sections that they teach at {}, or below: none now", plain(&self.post.org)),
            all if all > NAMED => format!("sections that they teach: {} and {} more", named.join(", "), all - NAMED),
            _ => format!("sections that they teach: {}", named.join(", ")),
        }
    }
}

fn human(args: &Args, held: &[Held<'_>], policy: &Policy, terminal: bool, out: &mut impl Write) -> io::Result<()> {
    let (paint, width) = (args.look.paint(terminal), args.look.width(terminal));
    writeln!(out, "{}", paint.strong(&plain(&args.user)))?;
    if held.is_empty() {
        writeln!(out, "\nholds no role, so may do nothing")?;
    }
    for one in held {
        writeln!(out, "\n{}", paint.strong(&one.head()))?;
        match one.inert() {
            Some(why) => writeln!(out, "  {}", paint.bad(&why))?,
            None if one.rights.is_empty() => writeln!(out, "  nothing")?,
            None => write!(out, "{}", rights::lines(&one.rights, width, |reach| one.reach(reach)))?,
        }
    }
    let rules: Vec<_> = if held.is_empty() { Vec::new() } else { policy.deny_rules().collect() };
    write!(out, "{}", rights::deny_rules(&rules, width))
}

fn to_json(user: &str, held: &[Held<'_>], policy: &Policy) -> serde_json::Value {
    let one = |held: &Held<'_>| {
        let Post { role, org, period, standing, teaches } = held.post;
        let [begin, end] = period.bounds().map(|day| day.map(|day| day.to_string()));
        json!({
            "role": role, "title": held.title, "org": org, "standing": standing, "begin": begin, "end": end,
            "teaches": teaches, "rights": held.rights.iter().map(rights::object).collect::<Vec<_>>(),
        })
    };
    let rules: Vec<_> = policy.deny_rules().map(|rule| rights::rule(&rule)).collect();
    json!({"user": user, "assignments": held.iter().map(one).collect::<Vec<_>>(), "deny_rules": rules})
}
