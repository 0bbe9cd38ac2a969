//! What stands above the schools: the district, its local districts, its terms, the people of its offices, and the
//! manifest.

use std::fs;
use std::path::Path;

use super::chance::Chance;
use super::files::{ALWAYS, Files, User};
use super::jobs::{POSTS, Post};
use super::{Refused, Setting};

/// The district's `sourcedId`.
pub(super) const ROOT: &str = "d.district";

/// The `sourcedId` of a local district, from 0.
pub(super) fn local(number: usize) -> String {
    format!("ld.{}", number + 1)
}

/// Writes them, all but the manifest.
pub(super) fn write(setting: &Setting, files: &mut Files) -> Result<(), Refused> {
    let zone = "America/Los_Angeles";
    let name = "Synthetic Unified School District";
    files.orgs.firm(&[&ROOT, &"", &"", &name, &"district", &9_000, &"", &"", &zone])?;
    for number in 0..setting.locals {
        let (name, code) = (format_args!("Local District {}", number + 1), 9_001 + number);
        files.orgs.firm(&[&local(number), &"", &"", &name, &"local", &code, &ROOT, &"", &""])?;
    }
    for [id, title, kind, start, end, parent, year] in setting.days.terms() {
        files.sessions.firm(&[&id, &"", &"", &title, &kind, &start, &end, &parent, &year])?;
    }
    let mut number = 0;
    for post in &POSTS {
        for at in 0..post.count(setting.schools.len()) {
            number += 1;
            person(setting, post, at, number, files)?;
        }
    }
    // Somebody whose role begins years ahead, somebody who was disabled, and somebody who is gone.
    let late = [setting.days.late.as_str(), ""];
    let over = ["", setting.days.begin.as_str()];
    for (enabled, status, dates) in [(true, "", late), (false, "", ALWAYS), (true, "", over)] {
        number += 1;
        let id = format!("x.{number:04}");
        let mut chance = Chance::new(setting.seed, "office", number);
        files.user(&User { id: &id, status, enabled, grade: "", org: ROOT }, &mut chance)?;
        files.role((&id, 1), "", "districtAdministrator", ROOT, ALWAYS)?;
        files.assignment((&id, 1), "", "misis.district_administrator", ROOT, dates)?;
    }
    Ok(())
}

fn person(setting: &Setting, post: &Post, at: usize, number: usize, files: &mut Files) -> Result<(), Refused> {
    let mut chance = Chance::new(setting.seed, "office", number);
    let id = format!("x.{number:04}");
    let org = if post.local { local(at % setting.locals) } else { ROOT.to_owned() };
    files.user(&User { id: &id, status: "", enabled: true, grade: "", org: &org }, &mut chance)?;
    files.role((&id, 1), "", "districtAdministrator", &org, ALWAYS)?;
    let mut turn = 0;
    for role in post.roles {
        turn += 1;
        let begin = if chance.per_mille(100) { setting.days.turn.as_str() } else { "" };
        files.assignment((&id, turn), "", role, &org, [begin, ""])?;
    }
    // Some look after two local districts, and some came from a school.
    if post.local && setting.locals > 2 && chance.per_mille(200) {
        let other = local((at + 1) % setting.locals);
        files.role((&id, 2), "", "districtAdministrator", &other, ALWAYS)?;
        for role in post.roles {
            turn += 1;
            files.assignment((&id, turn), "", role, &other, ALWAYS)?;
        }
    }
    if post.roles.iter().all(|role| role.starts_with("misis.")) && chance.per_mille(150) {
        let school = setting.schools.get(chance.below(setting.schools.len())).map(super::plan::School::id);
        let dates = [setting.days.last_begin.as_str(), setting.days.begin.as_str()];
        if let Some(school) = school {
            files.role((&id, 3), "", "siteAdministrator", &school, dates)?;
            files.assignment((&id, turn + 1), "", "misis.school_full_read", &school, dates)?;
        }
    }
    Ok(())
}

const BULK: [&str; 7] = ["academicSessions", "classes", "courses", "enrollments", "orgs", "roles", "users"];
const ABSENT: [&str; 14] = [
    "categories",
    "classResources",
    "courseResources",
    "demographics",
    "lineItemLearningObjectiveIds",
    "lineItems",
    "lineItemScoreScales",
    "resources",
    "resultLearningObjectiveIds",
    "results",
    "resultScoreScales",
    "scoreScales",
    "userProfiles",
    "userResources",
];

/// Writes manifest.csv, and says how many bytes it has. In a messy district there is a file that it says nothing of,
/// under a name in the wrong case and with rows of another file in it.
pub(super) fn manifest(folder: &Path, messy: bool) -> Result<u64, Refused> {
    let absent = ABSENT.iter();
    let mut files: Vec<(&str, &str)> = BULK.iter().map(|name| (*name, "bulk")).collect();
    files.extend(absent.map(|name| (*name, if messy && *name == "userProfiles" { "" } else { "absent" })));
    files.sort_unstable_by_key(|(name, _)| name.to_lowercase());
    let mut text = "propertyName,value\nmanifest.version,1.0\noneroster.version,1.2\n".to_owned();
    for (name, value) in files {
        text += &format!("file.{name},{value}\n");
    }
    text += "source.systemName,Hallpass synthetic district\nsource.systemCode,hallpass-synthetic\n";
    let put = |name: &'static str, text: &str| {
        fs::write(folder.join(name), text).map_err(|error| Refused::Write(name, error))
    };
    put("manifest.csv", &text)?;
    if messy {
        put("userprofiles.csv", "sourcedId,status,userSourcedId,role\nr.x,,s.0000001,student\n")?;
    }
    Ok(text.len() as u64)
}
