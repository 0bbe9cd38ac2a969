//! Types whose record's id *is* a property: rows by whether it is, as `reach` has it. An id that the directory knows as
//! that property is it, whatever else is given; any other id is it where nothing else is given.

use std::sync::Arc;

use super::among::Among;
use super::draft::{Draft, Sketch};
use super::row::{Property, Row};
use super::test::{Column, Test};
use super::world::World;
use crate::policy::census::Census;
use crate::policy::facts::OrgKind;
use crate::policy::key::key;
use crate::policy::model::IdIs;
use crate::policy::request::AnyOf;

/// Some rows, by what their property is: each with what tells these rows from the others.
pub(super) fn identities<'a, C: Census>(world: &World<'_, C>, row: Row<'a>) -> Vec<(Sketch, Row<'a>)> {
    let resource = &row.request.resource;
    let table = world.policy.types.find(key(resource.kind), resource.kind);
    let property = match table.and_then(|(_, table)| table.id_is) {
        Some(IdIs::Student) => Property::Student,
        Some(IdIs::School) => Property::School,
        Some(IdIs::Section) => Property::Section,
        Some(IdIs::User) | None => return vec![(Sketch::TRUE, row)],
    };
    if row.reads(&Column::Id) {
        by_column(world, row, property)
    } else if resource.id.is_empty() {
        vec![(Sketch::TRUE, row)]
    } else {
        of_id(world, row, property)
    }
}

/// Rows with all kinds of ids.
fn by_column<'a, C: Census>(world: &World<'_, C>, row: Row<'a>, property: Property) -> Vec<(Sketch, Row<'a>)> {
    let (known, unknown) = match property {
        Property::Student => {
            let students =
                |known, unknown| Sketch::is(Draft::Students { column: Column::Id, known, unknown, null: false });
            (students(Among::all(), false), students(Among::none(), true))
        }
        Property::School | Property::Section => {
            let ids = if property == Property::School { world.schools() } else { world.sections() };
            let others = ids.or(&Among::these([Arc::from("")])).not();
            (is(Test::among(Column::Id, ids)), is(Test::among(Column::Id, others)))
        }
    };
    let empty = is(Test::Ids { column: Column::Id, ids: Among::these([Arc::from("")]), null: true });
    let (given, absent) = if row.reads(&property.column()) {
        (is(Test::given(property.column())), is(Test::null(property.column())))
    } else {
        let given = is_fixed(&row, property);
        (Sketch::constant(given), Sketch::constant(!given))
    };
    let by_id = Sketch::any([known, Sketch::all([unknown.clone(), absent])]);
    let by_itself = Sketch::any([empty, Sketch::all([unknown, given])]);
    vec![(by_id, Row { id_is: Some(property), ..row }), (by_itself, row)]
}

/// Rows of one id.
fn of_id<'a, C: Census>(world: &World<'_, C>, row: Row<'a>, property: Property) -> Vec<(Sketch, Row<'a>)> {
    let id = row.request.resource.id;
    let known = match property {
        Property::Student => world.census.person(id).is_some_and(|person| person.student),
        Property::School => world.census.org(id).is_some_and(|org| org.kind == OrgKind::School),
        Property::Section => world.census.section(id).is_some(),
    };
    let mut by_id = row;
    let resource = &mut by_id.request.resource;
    match property {
        Property::Student => resource.student = Some(id),
        Property::School => resource.school = Some(AnyOf::One(id)),
        Property::Section => resource.section = Some(AnyOf::One(id)),
    }
    if known {
        vec![(Sketch::TRUE, by_id)]
    } else if is_fixed(&row, property) {
        vec![(Sketch::TRUE, row)]
    } else if row.reads(&property.column()) {
        vec![(is(Test::null(property.column())), by_id), (is(Test::given(property.column())), row)]
    } else {
        vec![(Sketch::TRUE, by_id)]
    }
}

fn is_fixed(row: &Row<'_>, property: Property) -> bool {
    let resource = &row.request.resource;
    match property {
        Property::Student => resource.student.is_some(),
        Property::School => resource.school.is_some(),
        Property::Section => resource.section.is_some(),
    }
}

fn is(test: Test) -> Sketch {
    Sketch::is(Draft::Test(test))
}
