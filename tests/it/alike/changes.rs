//! A set of files in memory, and what happens to it: rows that change, come and go. A set of changes says what happened,
//! and the set itself is what that amounts to.

use std::collections::BTreeMap;

use hallpass::policy::source::Source;

use crate::chance::Chance;

/// Files whose rows change.
const FILES: [&str; 8] = [
    "academicSessions.csv",
    "classes.csv",
    "enrollments.csv",
    "orgs.csv",
    "records.csv",
    "role_assignments.csv",
    "roles.csv",
    "users.csv",
];

/// One file's rows, under their header.
#[derive(Clone, Debug, Default)]
struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// A set of files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Set {
    tables: BTreeMap<String, Table>,
    /// Tells new rows apart.
    made: usize,
}

impl Table {
    fn at(&self, column: &str) -> usize {
        self.header.iter().position(|name| name == column).unwrap_or_else(|| panic!("no column {column}"))
    }
}

impl Set {
    /// What files say, without the shapes that they have as files.
    pub(crate) fn of(files: &[Source]) -> Self {
        let table = |file: &Source| {
            let mut reader = csv::Reader::from_reader(&*file.bytes);
            let texts = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
            let header = texts(reader.headers().unwrap());
            Table { header, rows: reader.records().map(|row| texts(&row.unwrap())).collect() }
        };
        let wanted = files.iter().filter(|file| FILES.contains(&&*file.name) || &*file.name == "courses.csv");
        Self { tables: wanted.map(|file| (file.name.to_string(), table(file))).collect(), made: 0 }
    }

    /// The files.
    pub(crate) fn files(&self) -> Vec<Source> {
        let file = |(name, table): (&String, &Table)| {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(&table.header).unwrap();
            table.rows.iter().for_each(|row| writer.write_record(row).unwrap());
            Source { name: name.as_str().into(), bytes: writer.into_inner().unwrap().into() }
        };
        self.tables.iter().map(file).collect()
    }

    /// Gives some users properties, and some the role that asks about them.
    pub(crate) fn describe_users(&mut self, chance: &mut Chance) {
        let users = self.tables.get_mut("users.csv").unwrap();
        let id = users.at("sourcedId");
        users.header.extend(["metadata.badge", "metadata.level", "metadata.other"].map(str::to_owned));
        let mut some = Vec::new();
        for row in &mut users.rows {
            let described = chance.percent(20);
            let value = |chance: &mut Chance, list: &[&'static str]| if described { chance.pick(list) } else { "" };
            row.push(value(chance, &["blue", "blue", "red", " blue", "\"", "é"]).to_owned());
            row.push(value(chance, &["", "3", "high"]).to_owned());
            row.push(value(chance, &["", "x"]).to_owned());
            if described && chance.percent(30) && !row[id].is_empty() {
                some.push(row[id].clone());
            }
        }
        let orgs = &self.tables["orgs.csv"];
        let orgs: Vec<String> = orgs.rows.iter().map(|row| row[orgs.at("sourcedId")].clone()).collect();
        let held = self.tables.get_mut("role_assignments.csv").unwrap();
        for user in some {
            let given = [
                ("sourcedId", format!("ra.probe.{user}")),
                ("userSourcedId", user),
                ("role", "probe.reader".to_owned()),
                ("orgSourcedId", chance.pick(&orgs)),
            ];
            let mut row = vec![String::new(); held.header.len()];
            given.into_iter().for_each(|(column, value)| row[held.at(column)] = value);
            held.rows.push(row);
        }
    }

    /// Changes some rows; what comes back says which, as a set of changes has it.
    pub(crate) fn change(&mut self, chance: &mut Chance) -> Self {
        let mut changes = Self::default();
        for name in FILES {
            let times = chance.times(if name == "orgs.csv" { 2 } else { 8 });
            let id = self.tables[name].at("sourcedId");
            let mut told: Vec<Vec<String>> = Vec::new();
            for row in times.filter_map(|_| self.change_row(name, false, chance)) {
                match told.iter_mut().find(|other| other[id] == row[id]) {
                    Some(other) => *other = row,
                    None => told.push(row),
                }
            }
            if told.is_empty() && chance.percent(50) {
                continue;
            }
            let header = self.tables[name].header.clone();
            changes.tables.insert(name.to_owned(), Table { header, rows: told });
        }
        changes
    }

    /// Changes many rows, takes some away, and puts the rest in another order.
    pub(crate) fn change_whole(&mut self, chance: &mut Chance) {
        for name in FILES {
            for _ in chance.times(12) {
                self.change_row(name, true, chance);
            }
            let rows = &mut self.tables.get_mut(name).unwrap().rows;
            rows.retain(|_| !chance.one_in(60) || name == "orgs.csv");
            for _ in 0..rows.len() / 4 {
                let (one, other) = (chance.below(rows.len()), chance.below(rows.len()));
                rows.swap(one, other);
            }
        }
    }

    /// Changes a row, or adds one. A row that is deleted says nothing else that is new.
    fn change_row(&mut self, name: &str, whole: bool, chance: &mut Chance) -> Option<Vec<String>> {
        self.made += 1;
        let new = format!("new.{}", self.made);
        let others: Vec<Vec<String>> = self.tables[name].rows.clone();
        let table = self.tables.get_mut(name).unwrap();
        let (id, status) = (table.at("sourcedId"), table.at("status"));
        if chance.one_in(4) || table.rows.is_empty() {
            let mut row = chance.of(&others).clone();
            row[id] = new;
            self.vary(name, &mut row, true, chance);
            self.tables.get_mut(name).unwrap().rows.push(row.clone());
            return Some(row);
        }
        let at = chance.below(table.rows.len());
        let mut row = table.rows[at].clone();
        if row[id].is_empty() {
            return None;
        }
        if chance.one_in(4) {
            row[status] = "tobedeleted".to_owned();
        } else {
            row[status] = chance.pick(&["active", ""]).to_owned();
            self.vary(name, &mut row, whole, chance);
        }
        self.tables.get_mut(name).unwrap().rows[at].clone_from(&row);
        Some(row)
    }

    /// Gives a row values of other rows, or odd ones. A role assignment changes `hands` only in a whole set: its place
    /// among those of its new holder is said by the order of the whole file, which a set of changes doesn't tell.
    fn vary(&self, name: &str, row: &mut [String], hands: bool, chance: &mut Chance) {
        let table = &self.tables[name];
        let (id, status) = (table.at("sourcedId"), table.at("status"));
        for _ in 0..=chance.below(2) {
            let at = chance.below(row.len());
            let held = name == "role_assignments.csv" && table.header[at] == "userSourcedId";
            if at == id || at == status || (held && !hands) {
                continue;
            }
            row[at] = match chance.below(8) {
                0 => String::new(),
                1 => chance.pick(&["2026-11-22", "2026-11-23", "1/05/2023", "nobody", "student", "Student"]).to_owned(),
                _ => chance.of(&table.rows)[at].clone(),
            };
        }
    }
}
