//! What a plan is asked for, and the rows that it is about: a row is a request's properties, column by column.

use std::collections::BTreeMap;
use std::sync::Arc;

use hallpass::directory::Roster;
use hallpass::policy::census::Census;
use hallpass::policy::compiled::Policy;
use hallpass::policy::day::Day;
use hallpass::policy::plan::sql::{self, Dialect, Names, Parameter, Parameters, Table};
use hallpass::policy::plan::{Columns, Enrolments, Outcome, Plan};
use hallpass::policy::request::{Action, Limits, Properties, Request, Stored, Subject, Value};

use super::draw::Tables;

/// The day on which everything happens.
pub(crate) const TODAY: &str = "2023-10-02";

/// All columns of the table that databases get, in their order.
pub(crate) const PROPERTIES: [&str; 13] = [
    "id",
    "student",
    "school",
    "section",
    "created_by",
    "referred_to",
    "date",
    "flag",
    "n",
    "m",
    "label",
    "due",
    "tags",
];

/// A row: what isn't there is null.
pub(crate) type Row = BTreeMap<&'static str, Value>;

/// Who wants to do what to rows of a type.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) who: String,
    pub(crate) may: &'static str,
    pub(crate) a: String,
    pub(crate) columns: Vec<&'static str>,
    /// A table of enrolments, with or without a column of schools.
    pub(crate) enrolments: Option<bool>,
    /// What all rows share.
    pub(crate) shared: Properties,
    pub(crate) subject: Properties,
    pub(crate) context: Properties,
    pub(crate) most_ids: usize,
    pub(crate) on: Day,
}

/// A question and its plan.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) question: Question,
    pub(crate) plan: Plan,
}

impl Question {
    fn columns(&self) -> Columns {
        let has = |name| self.columns.contains(&name);
        Columns {
            id: has("id"),
            student: has("student"),
            school: has("school"),
            section: has("section"),
            created_by: has("created_by"),
            referred_to: has("referred_to"),
            date: has("date"),
            free: self.columns.iter().filter(|name| PROPERTIES[7..].contains(name)).map(|&name| name.into()).collect(),
            enrolments: self.enrolments.map(|school| Enrolments { school }),
        }
    }

    fn request<'a>(&'a self, of: &'a Stored, id: &'a str) -> Request<'a> {
        Request {
            subject: Subject { kind: "user", id: &self.who, properties: &self.subject },
            action: Action { name: self.may, properties: &[] },
            resource: of.resource(&self.a, id),
            context: &self.context,
        }
    }

    /// The plan.
    pub(crate) fn plan<C: Census>(&self, policy: &Policy, census: &C) -> Plan {
        let shared = Stored::new(self.shared.clone()).unwrap();
        let request = self.request(&shared, "");
        policy.plan(census, &request, &self.columns(), self.on, self.most_ids).unwrap()
    }

    /// Whether Check allows it for a row: its columns are the request's properties.
    pub(crate) fn allows(&self, policy: &Policy, roster: &Roster, row: &Row) -> bool {
        let given = row.iter().filter(|(name, _)| self.columns.contains(name) && **name != "id");
        let given = given.map(|(name, value)| ((*name).to_owned(), value.clone()));
        // What is malformed is not allowed.
        let Ok(of) = Stored::new(self.shared.iter().cloned().chain(given).collect()) else { return false };
        let id = match row.get("id").filter(|_| self.columns.contains(&"id")) {
            Some(Value::Text(id)) => id.as_str(),
            _ => "",
        };
        let request = self.request(&of, id);
        Limits::default().check(&request).is_ok() && policy.decide(roster, &request, self.on).is_allow()
    }
}

impl Planned {
    /// The plan as SQL.
    pub(crate) fn sql(&self, dialect: Dialect) -> (String, Vec<Parameter>) {
        let mut parameters = Parameters::default();
        let text = sql::write(&self.plan.filter, dialect, &names(), &mut parameters).unwrap();
        (text, parameters.list().to_vec())
    }

    /// A plan chooses what is allowed; one that falls short chooses nothing else.
    pub(crate) fn check(&self, tables: &Tables, allowed: &[usize], chosen: &[usize], about: &str) {
        let rows =
            || tables.rows.iter().enumerate().map(|(at, row)| format!("{at} {row:?}")).collect::<Vec<_>>().join("\n");
        if self.plan.short.is_empty() {
            assert_eq!(chosen, allowed, "chosen, allowed; {about}\n{}", rows());
        } else {
            let more = chosen.iter().any(|row| !allowed.contains(row));
            assert!(!more, "chosen {chosen:?}, allowed {allowed:?}; {about}\n{}", rows());
        }
        match self.plan.outcome() {
            Outcome::Always => assert_eq!(chosen.len(), tables.rows.len(), "{about}"),
            Outcome::Never => assert!(chosen.is_empty(), "{about}"),
            Outcome::Conditional => {}
        }
    }
}

/// What the columns are called: as properties are, but for those whose names need every care.
pub(crate) fn column(property: &str) -> &str {
    match property {
        "school" => "sch\"o`ol",
        "created_by" => "made by; --",
        "label" => "select",
        other => other,
    }
}

/// The names for SQL.
pub(crate) fn names() -> Names {
    let path = |name: &str| vec!["ta\"ble".to_owned(), column(name).to_owned()];
    let table = Table {
        name: vec!["enr\"ol`led".to_owned()],
        student: "student".to_owned(),
        section: "section".to_owned(),
        school: Some("school".to_owned()),
    };
    // Some with their table, some without.
    let path = |(at, name): (usize, &&str)| {
        let path = path(name).split_off(at % 2);
        ((*name).to_owned(), path)
    };
    Names { columns: PROPERTIES.iter().enumerate().map(path).collect(), enrolments: Some(table) }
}

/// Texts as ids.
pub(crate) fn texts(texts: &[&str]) -> Value {
    Value::List(texts.iter().map(|text| Value::Text((*text).to_owned())).collect())
}

/// A list of ids as owned texts.
pub(crate) fn owned(ids: &[Arc<str>]) -> Vec<String> {
    ids.iter().map(|id| (**id).to_owned()).collect()
}
