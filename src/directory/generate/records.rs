//! Stored records, one of each type or so at every school: who made them, whose they are, and where.

use serde_json::{Value, json};

use super::files::{DELETED, Files};
use super::plan::{HIGH, OPTION, School};
use super::{Refused, Setting, office, staff, students, timetable};

/// Writes a school's.
pub(super) fn write(setting: &Setting, school: &School, files: &mut Files) -> Result<(), Refused> {
    let other = setting.next(school);
    let (here, there) = (school.id(), other.id());
    let teacher = staff::id('t', school, 1);
    let mut number = 0;
    let mut put = |kind: &str, properties: &Value| {
        number += 1;
        let (id, gone) = (format_args!("rec.{:04}.{number}", school.number), number == 7);
        if gone && !setting.messy {
            return Ok(());
        }
        files.records.row(&[&id, &if gone { DELETED } else { "" }, &kind, properties])
    };
    let proctor = if school.number.is_multiple_of(2) { "x.0001" } else { teacher.as_str() };
    put("map.testing.session", &json!({"created_by": proctor, "school": here}))?;
    if school.students == 0 {
        return Ok(());
    }
    let student = students::id(school.first);
    let last = students::id(school.first + school.students - 1);
    let class = timetable::class(school, 1);
    put("misis.grades.mark", &json!({"created_by": teacher, "section": class, "student": student}))?;
    put("misis.health.immunization", &json!({"student": last}))?;
    put("misis.student_support.action_taken", &json!({"created_by": teacher, "student": last}))?;
    put("misis.student_support.suspension", &json!({"school": here, "student": student}))?;
    put("misis.enrollment.student", &json!({"school": [here, there], "student": last}))?;
    put("misis.grades.mark", &json!({"created_by": teacher, "section": class, "student": last}))?;
    if school.is(HIGH) {
        let option = setting.schools.iter().find(|school| school.is(OPTION)).map_or(there, School::id);
        let referral = json!({"referred_to": option, "school": here, "student": student});
        put("misis.option_school.referral", &referral)?;
        put("misis.transcripts.record", &json!({"referred_to": option, "student": student}))?;
        put("misis.sped_placement.request", &json!({"created_by": "x.0030", "school": here, "student": last}))?;
    }
    if school.is(OPTION) {
        let date = setting.days.turn.as_str();
        let supervised = json!({"created_by": teacher, "date": date, "section": class, "student": student});
        put("misis.independent_study.attendance", &supervised)?;
    }
    put("misis.attendance.report", &json!({"school": [here, office::ROOT]}))
}
