//! `matrix`: every role against every topic, with what it may do there and how far: as a table, CSV, a page or JSON.

pub(super) mod choice;
mod html;
mod notation;
mod text;

use std::io::Write;
use std::path::PathBuf;

use serde_json::json;

use super::{Exit, load, look, rights};
use crate::policy::compiled::Policy;
use crate::policy::document::RoleSheet;
use crate::policy::matrix::Share;
use choice::Choice;

/// How a matrix is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A table for people, as wide as the terminal
    #[value(alias = "human")]
    Table,
    /// Comma-separated values, for spreadsheets
    Csv,
    /// One page for browsers and printers, that needs nothing else
    Html,
    /// One JSON object
    Json,
}

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    choice: Choice,
    /// Folder of the policy files
    #[arg(long, value_name = "DIR", env = "HALLPASS_POLICIES", default_value = crate::config::POLICIES)]
    policies: PathBuf,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    look: look::Look,
}

/// Draws.
pub(super) fn run(args: &Args, terminal: bool, out: &mut impl Write) -> anyhow::Result<Exit> {
    let policy = load::policy(&args.policies)?;
    let matrix = Matrix::new(&policy, &args.choice)?;
    match args.format {
        Format::Table => write!(out, "{}", text::table(&matrix, &args.look, terminal))?,
        Format::Csv => out.write_all(&text::csv(&matrix)?)?,
        Format::Html => write!(out, "{}", html::page(&matrix))?,
        Format::Json => writeln!(out, "{}", to_json(&matrix))?,
    }
    Ok(Exit::Success)
}

/// The roles and topics that were chosen, as far as any of them has a right there.
struct Matrix<'a> {
    policy: &'a Policy,
    /// Resource types, in the catalogue's order.
    topics: Vec<&'a str>,
    rows: Vec<Row<'a>>,
    /// Roles that were chosen and have no right among what was chosen.
    without: usize,
}

/// A role with a cell for each topic.
struct Row<'a> {
    role: &'a str,
    sheet: &'a RoleSheet,
    cells: Vec<Vec<Share<'a>>>,
}

impl<'a> Matrix<'a> {
    fn new(policy: &'a Policy, choice: &Choice) -> anyhow::Result<Self> {
        let topics = choice.topics(policy)?;
        let mut roles: Vec<(&str, &RoleSheet)> = choice.roles(policy)?;
        roles.sort_by_key(|(id, _)| *id);
        let chosen = roles.len();
        let shares = roles.into_iter().map(|(role, sheet)| (role, sheet, policy.shares(role)));
        let has = |shares: &[(&str, Vec<Share<'_>>)], topic: &str| shares.iter().any(|(name, _)| *name == topic);
        let roles: Vec<_> = shares.filter(|(.., shares)| topics.iter().any(|topic| has(shares, topic))).collect();
        let topics: Vec<&str> =
            topics.into_iter().filter(|topic| roles.iter().any(|(.., shares)| has(shares, topic))).collect();
        let without = chosen - roles.len();
        let row = |(role, sheet, mut shares): (&'a str, &'a RoleSheet, Vec<(&'a str, Vec<Share<'a>>)>)| {
            let mut cell = |topic: &&str| {
                let found = shares.iter_mut().find(|(name, _)| name == topic);
                found.map(|(_, shares)| std::mem::take(shares)).unwrap_or_default()
            };
            Row { role, sheet, cells: topics.iter().map(&mut cell).collect() }
        };
        let rows = roles.into_iter().map(row).collect();
        Ok(Self { policy, topics, rows, without })
    }

    /// All shares that are shown.
    fn shares(&self) -> impl Iterator<Item = &Share<'a>> {
        self.rows.iter().flat_map(|row| &row.cells).flatten()
    }
}

fn to_json(matrix: &Matrix<'_>) -> serde_json::Value {
    let share = |share: &Share<'_>| {
        json!({
            "actions": share.actions, "reach": share.reach.name(), "limits": share.limits, "deniable": share.deniable,
        })
    };
    let row = |row: &Row<'_>| {
        let named = matrix.topics.iter().zip(&row.cells).filter(|(_, shares)| !shares.is_empty());
        let cells: serde_json::Map<_, _> = named
            .map(|(topic, shares)| ((*topic).to_owned(), shares.iter().map(share).collect::<Vec<_>>().into()))
            .collect();
        json!({
            "role": row.role, "title": row.sheet.title, "group": row.sheet.group,
            "security_level": row.sheet.security_level.map(|level| level.name()), "cells": cells,
        })
    };
    let rules: Vec<_> = matrix.policy.deny_rules().map(|rule| rights::rule(&rule)).collect();
    json!({
        "topics": matrix.topics, "roles": matrix.rows.iter().map(row).collect::<Vec<_>>(),
        "roles_without_rights": matrix.without, "deny_rules": rules,
    })
}
