//! Which jobs there are, how many people have them at which kind of school or in which office, and which roles come with
//! them: as the guides hand them out.

use super::plan::{CDS, ELEMENTARY, HIGH, Kinds, MIDDLE, NPS, OPTION, SECONDARY, School};

/// A job at schools.
#[derive(Debug)]
pub(super) struct Job {
    /// The first letter of the ids.
    pub(super) letter: char,
    at: Kinds,
    /// One person for so many students; 0 is one a school.
    per: usize,
    least: usize,
    most: usize,
    /// OneRoster's name of it.
    pub(super) one_roster: &'static str,
    pub(super) roles: &'static [&'static str],
    /// In a thousand, those who do the same job at the next school too.
    pub(super) itinerant: usize,
}

impl Job {
    /// How many people have the job at a school.
    pub(super) fn count(&self, school: &School) -> usize {
        if !school.is(self.at) {
            return 0;
        }
        school.students.checked_div(self.per).unwrap_or(1).clamp(self.least, self.most)
    }
}

const fn job(
    letter: char,
    at: Kinds,
    count: [usize; 3],
    one_roster: &'static str,
    roles: &'static [&'static str],
) -> Job {
    let [per, least, most] = count;
    Job { letter, at, per, least, most, one_roster, roles, itinerant: 0 }
}

const GENERAL: Kinds = ELEMENTARY | SECONDARY;

/// The jobs of schools, but for those who teach and those who hold no role.
pub(super) const JOBS: [Job; 30] = [
    job('p', GENERAL, [0, 1, 1], "principal", &["misis.principal", "map.administrator"]),
    job('p', OPTION, [0, 1, 1], "principal", &["misis.principal", "misis.is_administrator"]),
    job('p', CDS, [0, 1, 1], "principal", &["misis.principal", "misis.sped_cds_school_admin"]),
    job('a', SECONDARY, [600, 1, 5], "siteAdministrator", &["misis.principal", "misis.discipline_designee"]),
    job('a', ELEMENTARY, [600, 0, 2], "siteAdministrator", &["misis.principal", "misis.discipline_designee"]),
    job(
        'b',
        SECONDARY,
        [1_000, 1, 3],
        "siteAdministrator",
        &["misis.scheduling_administrator", "misis.school_office_mark_reporting"],
    ),
    job('b', HIGH, [1_500, 1, 2], "siteAdministrator", &["misis.cte_scheduling_administrator"]),
    job('o', SECONDARY, [700, 2, 5], "aide", &["misis.office_manager"]),
    job('o', ELEMENTARY | OPTION, [700, 2, 3], "aide", &["misis.office_manager", "misis.scheduling_administrator"]),
    job('o', OPTION, [0, 1, 1], "aide", &["misis.office_manager", "misis.school_office_mark_reporting"]),
    job('n', GENERAL, [800, 1, 3], "aide", &["misis.health_office"]),
    job('c', SECONDARY, [400, 2, 8], "counselor", &["misis.counselor"]),
    job('c', SECONDARY, [500, 1, 5], "counselor", &["misis.counselor", "misis.counselor_plus"]),
    job('c', ELEMENTARY, [500, 1, 3], "counselor", &["misis.counselor"]),
    job('c', OPTION, [0, 1, 1], "counselor", &["misis.counselor", "misis.option_school_user"]),
    job('c', GENERAL, [0, 1, 1], "ext:coordinator", &["misis.categorical_programs_coordinator"]),
    job(
        'c',
        GENERAL,
        [0, 1, 1],
        "ext:coordinator",
        &["misis.school_gate_coordinator", "map.school_assessment_coordinator"],
    ),
    Job { itinerant: 700, ..job('c', GENERAL, [1_000, 1, 2], "counselor", &["misis.pupil_services_school_based"]) },
    job('d', SECONDARY, [600, 1, 4], "siteAdministrator", &["misis.discipline_designee", "misis.school_full_read"]),
    job('i', GENERAL, [900, 1, 2], "ext:interventionist", &["misis.school_full_read", "map.interventionist"]),
    job('i', MIDDLE, [0, 1, 1], "siteAdministrator", &["map.sn_administrator"]),
    Job {
        itinerant: 250,
        ..job('r', GENERAL, [200, 1, 9], "ext:specialEducation", &["misis.special_education_provider"])
    },
    job('r', GENERAL, [0, 1, 1], "ext:specialEducation", &["misis.student_support_school_based"]),
    job('m', GENERAL, [700, 1, 3], "aide", &["misis.school_limited_read"]),
    job('q', GENERAL, [500, 1, 4], "proctor", &["map.school_proctor"]),
    job('h', HIGH, [0, 1, 1], "ext:coach", &["misis.secondary_athletic_director"]),
    job('h', HIGH, [0, 1, 1], "ext:coach", &["misis.secondary_auxiliary_director"]),
    job('i', OPTION, [50, 1, 3], "teacher", &["misis.is_supervising_designee"]),
    job('f', NPS, [0, 1, 1], "siteAdministrator", &["misis.school_full_read"]),
    job('a', MIDDLE, [0, 1, 1], "siteAdministrator", &["misis.principal", "misis.scheduling_administrator"]),
];

/// A job in an office.
#[derive(Debug)]
pub(super) struct Post {
    pub(super) roles: &'static [&'static str],
    /// People for a hundred schools; one at least.
    per: usize,
    /// It is one of a local district.
    pub(super) local: bool,
}

impl Post {
    /// How many people have it in a district of so many schools.
    pub(super) fn count(&self, schools: usize) -> usize {
        (schools * self.per / 100).max(1)
    }
}

const fn central(per: usize, roles: &'static [&'static str]) -> Post {
    Post { roles, per, local: false }
}

const fn local(per: usize, roles: &'static [&'static str]) -> Post {
    Post { roles, per, local: true }
}

/// The jobs of the district's and the local districts' offices.
pub(super) const POSTS: [Post; 38] = [
    central(10, &["misis.district_administrator"]),
    local(20, &["misis.district_administrator"]),
    central(0, &["misis.oda_testing_score_administrator"]),
    central(4, &["misis.oda_testing_score_user"]),
    local(60, &["misis.district_special_education_provider"]),
    central(0, &["misis.sped_cds_director"]),
    local(10, &["misis.sped_district_admin"]),
    central(1, &["misis.sped_placement_admin"]),
    central(6, &["misis.sped_placement_program_specialist"]),
    central(10, &["misis.sped_viewers"]),
    central(1, &["misis.pupil_services_admin", "misis.pupil_services_homeless"]),
    central(3, &["misis.pupil_services_homeless", "misis.transportation_requestor"]),
    local(1, &["misis.pupil_services_sarb"]),
    central(1, &["misis.student_discipline_and_expulsion_support_unit"]),
    local(5, &["misis.student_support_administrator"]),
    central(1, &["misis.athletic_director"]),
    central(2, &["misis.behavior_emergency_admin"]),
    central(1, &["misis.district_sspt"]),
    central(1, &["misis.cte_district_admin"]),
    central(1, &["misis.district_american_indian_program"]),
    local(8, &["misis.district_limited_read"]),
    central(2, &["misis.district_migrant_education"]),
    local(4, &["misis.enrichment_admin"]),
    central(2, &["misis.gate_office_administrator"]),
    central(4, &["misis.hr_credentialing"]),
    central(4, &["misis.multilingual_multicultural_education_department"]),
    central(1, &["misis.nps_district_admin", "misis.option_school_district_admin"]),
    central(3, &["misis.nursing_office_admin"]),
    local(8, &["misis.operations_administrators"]),
    central(20, &["misis.school_police"]),
    central(4, &["misis.transportation_administrator"]),
    central(3, &["misis.transportation_requestor"]),
    central(1, &["map.district_assessment_coordinator"]),
    central(3, &["map.district_proctor"]),
    local(3, &["map.district_proctor"]),
    central(0, &["map.system_administrator"]),
    central(1, &["map.data_administrator"]),
    central(0, &["map.data_administrator", "misis.district_limited_read"]),
];
