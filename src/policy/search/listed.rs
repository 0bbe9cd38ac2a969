//! What there is of a resource type within an area: what its ids are besides (students, sections, schools, users), and
//! the records of `records.csv`. Lists hold more than is in reach, never less; each entry is yet to be decided.

use super::super::census::{By, Census, Rows};
use super::super::facts::OrgKind;
use super::super::model::{IdIs, Record};
use super::super::request::Request;
use super::area::Area;

/// What is listed of one type for one search.
pub(super) struct Listing<'s, 'a, 'r, C> {
    pub(super) census: &'a C,
    pub(super) area: &'s Area,
    pub(super) id_is: Option<IdIs>,
    pub(super) record: Record,
    pub(super) request: &'s Request<'r>,
}

impl<'a, C: Census> Listing<'_, 'a, '_, C> {
    /// The id in a row of what the type's ids are besides.
    pub(super) fn known_at(&self, row: u32) -> Option<&'a str> {
        match self.id_is? {
            IdIs::Student => self.census.user_at(row).filter(|user| user.person.student).map(|user| user.id),
            IdIs::User => self.census.user_at(row).filter(|user| !user.deleted).map(|user| user.id),
            IdIs::Section => self.census.section_at(row).map(|section| &*section.id),
            IdIs::School => self.census.org_at(row).filter(|org| org.kind == OrgKind::School).map(|org| org.id()),
        }
    }

    /// The row of an id among what the type's ids are besides.
    pub(super) fn row_of(&self, id: &str) -> Option<u32> {
        let row = match self.id_is? {
            IdIs::Student | IdIs::User => self.census.user_row(id),
            IdIs::Section => self.census.section_row(id),
            IdIs::School => self.census.org_row(id),
        };
        row.filter(|row| self.known_at(*row).is_some())
    }

    /// Rows of what the ids are besides, that something stored of a record of the same id brings within reach.
    pub(super) fn stored(&self) -> Vec<u32> {
        let Some(id_is) = self.id_is else { return Vec::new() };
        let streams = self.tied(!self.places_itself(id_is), id_is == IdIs::User).into_iter().flatten();
        let mut rows: Vec<u32> =
            streams.filter_map(|record| self.census.record_at(record)).filter_map(|(id, _)| self.row_of(id)).collect();
        rows.sort_unstable();
        rows.dedup();
        rows
    }

    /// What the type's ids are besides, with what [`Self::stored`] found.
    pub(super) fn known<'l>(&self, stored: &'l [u32]) -> Vec<Rows<'l>>
    where
        'a: 'l,
    {
        let Some(id_is) = self.id_is else { return Vec::new() };
        let census = self.census;
        if self.all_known(id_is) {
            return vec![match id_is {
                IdIs::Student | IdIs::User => census.all_users(),
                IdIs::Section => census.all_sections(),
                IdIs::School => census.all_orgs(),
            }];
        }
        let orgs = self.area.orgs.iter().copied().filter(|_| self.places_itself(id_is) || self.manages(id_is));
        let sections = self.area.sections.iter().copied();
        let people = |orgs: Vec<u32>| census.people_of_any(&orgs).into_iter();
        let mut rows: Vec<Rows<'l>> = match id_is {
            IdIs::Student => people(orgs.filter(|org| self.record == Record::User || self.is_school(*org)).collect())
                .chain(sections.map(|section| census.students_of(section)))
                .collect(),
            IdIs::User => people(orgs.collect()).collect(),
            IdIs::Section => orgs.map(|org| census.sections_of(org)).chain(sections.map(Rows::one)).collect(),
            IdIs::School => {
                let school = |section| census.org_row(census.section_at(section)?.school.id());
                orgs.chain(sections.filter_map(school)).map(Rows::one).collect()
            }
        };
        rows.push(Rows::plain(stored));
        rows
    }

    /// The records within the area.
    pub(super) fn records(&self) -> Vec<Rows<'a>> {
        if self.area.everything { self.by(&[By::Type]) } else { self.tied(true, true) }
    }

    /// Records by what ties them to the area; to its places and its sections only where that is asked for.
    fn tied(&self, places: bool, sections: bool) -> Vec<Rows<'a>> {
        let area = self.area;
        let mut found: Vec<By> = area.referred.iter().map(|org| By::Referred(*org)).collect();
        found.extend(area.maker.map(By::Maker));
        if places {
            let by_student = self.record == Record::Student;
            found.extend(area.orgs.iter().map(|org| if by_student { By::Place(*org) } else { By::School(*org) }));
            let lacking = if by_student { By::NoPlace } else { By::NoSchool };
            found.extend((area.placeless || self.record == Record::User && !area.orgs.is_empty()).then_some(lacking));
        }
        if sections {
            found.extend(area.sections.iter().map(|section| By::Section(*section)));
            found.extend(area.sectionless.then_some(By::NoSection));
        }
        self.by(&found)
    }

    fn by(&self, by: &[By]) -> Vec<Rows<'a>> {
        self.census.records_by_any(self.request.resource.kind, by)
    }

    /// Whether all that the ids are besides may be in reach.
    fn all_known(&self, id_is: IdIs) -> bool {
        let by_request =
            self.area.placeless && !self.places_itself(id_is) || self.area.sectionless && id_is == IdIs::User;
        // A section is no user; what has a section's id may be one all the same.
        let odd = self.manages(id_is) && id_is == IdIs::Section && !self.area.orgs.is_empty();
        self.area.everything || by_request || odd
    }

    /// Whether the scope `org` tests the fact that the id is.
    fn places_itself(&self, id_is: IdIs) -> bool {
        match self.record {
            Record::Student => id_is != IdIs::User,
            Record::School | Record::User => id_is == IdIs::School,
            Record::District | Record::Open => false,
        }
    }

    /// Whether the scope `org` tests the organisations of the user with that id.
    fn manages(&self, id_is: IdIs) -> bool {
        self.record == Record::User && id_is != IdIs::School
    }

    fn is_school(&self, org: u32) -> bool {
        self.census.org_at(org).is_some_and(|org| org.kind == OrgKind::School)
    }
}
