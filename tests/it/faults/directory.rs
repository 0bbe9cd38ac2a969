//! Faults of a directory that is a database: what is said while nothing is known, and of a right that is taken away meanwhile.

use super::surfaces::{All, Said};
use super::{Fault, Kind, Scene, Table, documented, hold, in_short, of};
use crate::postgres::District;

const SECTION: &str = "A directory that is a database";
/// Whom all surfaces are asked about.
const WHO: &str = "t.rivera";

/// What surfaces answer, without what tells one moment from another.
fn bare(all: All) -> All {
    let bare = |said| match said {
        Said::Answer(allow, _) => Said::Answer(allow, String::new()),
        none @ Said::None(_) => none,
    };
    all.into_iter().map(|(surface, said)| (surface, said.map(bare))).collect()
}

/// Which surfaces come to a point.
fn concerned(point: &str, surface: &str) -> bool {
    let reads = ["Plan", "search/subject"].contains(&surface);
    match point {
        "directory.load" => !reads,
        "directory.read" => reads,
        _ => true,
    }
}

/// A server that has just found its database, and knows nothing of anybody. Where it can't connect, or read organisations that
/// have changed, a right ends with its time to live; elsewhere that must not be what ends it.
fn scene(district: &District, point: &str) -> Scene {
    let time_to_live = if ["directory.connect", "directory.frame"].contains(&point) { "3" } else { "600" };
    let flags = ["--directory-ttl-seconds", time_to_live].map(str::to_owned);
    let scene = Scene::on(Some(district.proxy.url()), |_| flags.into());
    scene.server.until_logged("the directory's log is followed");
    scene
}

/// Lets a fault be met at a point from now on, where that doesn't come by itself.
fn bring_about(scene: &Scene, district: &District, point: &str, fault: Fault) {
    scene.control.arm(point, fault);
    match point {
        "directory.connect" => _ = district.proxy.cut(|_| true),
        "directory.frame" => {
            district.sql.run("INSERT INTO hallpass.orgs (id, type) VALUES (gen_random_uuid()::text, 'school')")
        }
        _ => {}
    }
    if ["directory.connect", "directory.frame", "directory.log"].contains(&point) {
        scene.control.until_reached(point);
    }
}

/// What is said under a fault about people of whom nothing is known.
fn unknown(scene: &Scene, point: &str, fault: Fault) -> All {
    bare(match fault {
        Fault::Second => std::thread::scope(|scope| {
            let asking = scope.spawn(|| scene.all());
            scene.control.release(point);
            asking.join().unwrap()
        }),
        Fault::Error | Fault::Panic | Fault::Long => scene.all(),
    })
}

/// A right that was known and is taken away under the fault ends: whoever had it is denied, or told that nothing is known.
fn take_away(scene: &Scene, district: &District) {
    let role = |deleted: bool| {
        district.sql.run(&format!("UPDATE hallpass.role_assignments SET deleted = {deleted} WHERE user_id = '{WHO}'"));
    };
    role(true);
    crate::secure::until("an end of the right", || !matches!(scene.check(), Said::Answer(true, _)));
    role(false);
}

/// What is seen under a fault; afterwards everything is as before.
fn under(district: &District, healthy: &All, point: &str, fault: Fault) -> String {
    let scene = scene(district, point);
    bring_about(&scene, district, point, fault);
    let said = in_short(healthy, &unknown(&scene, point, fault), |surface| concerned(point, surface));
    scene.control.disarm();
    crate::secure::until("what was said before", || bare(scene.all()) == *healthy);
    if fault != Fault::Second {
        bring_about(&scene, district, point, fault);
        take_away(&scene, district);
        scene.control.disarm();
        crate::secure::until("what was said before", || bare(scene.all()) == *healthy);
    }
    said
}

#[test]
#[ignore = "needs PostgreSQL"]
fn no_fault_of_a_database_lets_anybody_in() {
    let district = District::new(0);
    let healthy = bare(scene(&district, "").all());
    assert!(healthy.values().all(|[allowed, _]| matches!(allowed, Said::Answer(true, _))), "{healthy:?}");
    let (mut table, documented) = (Table::new(), documented(SECTION));
    for (point, kind) in of("directory") {
        assert_eq!(kind, Kind::Task, "{point}");
        let row = Fault::ALL.map(|fault| {
            // Look-ups have half a second: where the machine is too slow for that, once more.
            let expected = documented.get(&point).map(|row| row[fault as usize].clone()).unwrap_or_default();
            let seen = || under(&district, &healthy, &point, fault);
            std::iter::repeat_with(seen).take(2).find(|seen| *seen == expected).unwrap_or_else(seen)
        });
        table.insert(point, row);
    }
    hold(SECTION, &table);
}
