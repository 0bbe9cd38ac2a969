//! A small OneRoster set that can be changed, and bringing it into a database.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::Arc;

use hallpass::directory::postgres::import::{ImportError, Imported, Set, Wish, import};
use hallpass::policy::source::Finding;

use super::own::Sql;

/// Files by name.
#[derive(Clone)]
pub(crate) struct Files(pub(crate) BTreeMap<String, String>);

const SMALL: &[(&str, &str)] = &[
    (
        "orgs.csv",
        "sourcedId,status,type,parentSourcedId,metadata.level,metadata.timeZone\nd,,district,,,Europe/Rome\ns1,active,school,d,secondary,\ns2,tobedeleted,school,d,,\n",
    ),
    ("academicSessions.csv", "sourcedId,status,startDate,endDate\nt1,,2026-08-01,2027-07-01\nt2,,2026-08-01,\n"),
    ("classes.csv", "sourcedId,status,schoolSourcedId,termSourcedIds\nc2,,s1,\nc1,,s1,\"t1,t2\"\nc3,,nowhere,\",\"\n"),
    (
        "users.csv",
        "sourcedId,status,enabledUser,role,orgSourcedIds,primaryOrgSourcedId,metadata.grade,metadata.house\nz,,true,student,\"s1,d\",s1,4,\ny,,,teacher,s1,,,\nx,tobedeleted,true,student,s1,s1,5,red\nw,,FALSE,Student,,,,\"blue \"\"one\"\"\"\n",
    ),
    (
        "roles.csv",
        "sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate\nr1,,y,teacher,s1,2026-01-01,\nr2,,z,student,s1,,2026-13-01\n",
    ),
    (
        "enrollments.csv",
        "sourcedId,status,classSourcedId,userSourcedId,role,beginDate,endDate\ne1,,c1,y,teacher,,\ne2,,c1,z,student,2026-08-01,2027-07-01\ne3,,c1,nobody,student,,\ne4,odd,c1,w,student,,\n",
    ),
    (
        "role_assignments.csv",
        "sourcedId,status,userSourcedId,role,orgSourcedId,beginDate,endDate\nb,,y,misis.teacher,s1,,\na,,y,misis.counselor,s1,,\nc,,y,,s1,,\n",
    ),
    (
        "records.csv",
        "sourcedId,status,type,properties\nm2,,x.y,\"{\"\"school\"\": \"\"s1\"\"}\"\nm1,,x.y,no JSON\nm3,tobedeleted,x.y,{}\n",
    ),
];

impl Files {
    pub(crate) fn small() -> Self {
        Self(SMALL.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    /// Only these files.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    /// With a text in a file, which must stand there once, in place of another.
    pub(crate) fn edit(mut self, file: &str, from: &str, to: &str) -> Self {
        let text = self.0.get_mut(file).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{from} in {file}");
        *text = text.replace(from, to);
        self
    }

    pub(crate) fn without(mut self, file: &str) -> Self {
        self.0.remove(file).unwrap();
        self
    }

    pub(crate) fn with(mut self, file: &str, text: &str) -> Self {
        self.0.insert(file.to_owned(), text.to_owned());
        self
    }

    pub(crate) fn import(&self, sql: &mut Sql, wish: Wish) -> Result<Imported, ImportError> {
        self.import_if(sql, wish, &|| Ok(()))
    }

    pub(crate) fn import_if(
        &self,
        sql: &mut Sql,
        wish: Wish,
        same: &dyn Fn() -> Result<(), Finding>,
    ) -> Result<Imported, ImportError> {
        let names: Vec<Arc<str>> = self.0.keys().map(|name| Arc::from(&**name)).collect();
        let open = |name: &str| {
            let text = self.0.get(name).ok_or(std::io::ErrorKind::NotFound)?;
            Ok(Box::new(Cursor::new(text.clone().into_bytes())) as Box<dyn Read>)
        };
        let set = Set { names: &names, open: &open, same };
        sql.with(async |client| import(client, set, wish, &|_| ()).await)
    }
}

/// All rows of a table, in the order of their ids.
pub(crate) fn rows(sql: &Sql, table: &str) -> Vec<String> {
    let rows = sql.rows(&format!("SELECT t::text FROM hallpass.{table} t ORDER BY id"), &[]);
    rows.iter().map(|row| row.get(0)).collect()
}

/// All rows of all tables.
pub(crate) fn everything(sql: &Sql) -> Vec<String> {
    let tables = hallpass::directory::postgres::status::TABLES;
    tables.iter().flat_map(|table| rows(sql, table).into_iter().map(move |row| format!("{table} {row}"))).collect()
}
