//! ListActions: what a Check of every action would allow, in the catalogue's order, for each resource by itself.

use hallpass::caller::Caller;
use hallpass::grpc::proto::hallpass as hp;
use hp::hallpass_client::HallpassClient;
use hp::list_actions_item::Result as Item;
use tonic::Code;
use tonic::transport::Channel;

use crate::running::{Server, runtime};

type Client = HallpassClient<Channel>;

fn subject(id: &str) -> Option<hp::Subject> {
    Some(hp::Subject { r#type: "user".into(), id: id.into(), properties: None })
}

fn of(kind: &str, id: &str, student: &str, school: &str, role: &str) -> hp::Resource {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let any = |text: &str| some(text).map(|id| hp::AnyOf { ids: vec![id] });
    let (r#type, id) = (kind.to_owned(), id.to_owned());
    hp::Resource { r#type, id, student: some(student), school: any(school), role: some(role), ..Default::default() }
}

fn about(kind: &str) -> Vec<hp::Resource> {
    vec![
        of(kind, "", "", "", ""),
        of(kind, "", "s.0142", "", ""),
        of(kind, "t.rivera", "", "sch.fernvale", "map.instructor"),
        of(kind, "p.okafor", "", "sch.fernvale", "map.system_administrator"),
        of(kind, "s.0142", "", "", "misis.teacher"),
    ]
}

const SUBJECTS: [&str; 7] = ["t.rivera", "p.okafor", "a.lindgren", "p.santiago", "t.kowalski", "s.0142", "nobody"];

/// Resource types and actions.
type Cells = Vec<(String, String)>;

#[test]
fn actions_are_those_that_checks_allow() {
    let server = Server::start();
    let view = server.pdp.view(Caller::Anybody);
    let cells: Cells =
        view.snapshot().policy.catalogue().map(|(kind, action, _)| (kind.to_owned(), action.to_owned())).collect();
    let mut kinds: Vec<&str> = cells.iter().map(|(kind, _)| kind.as_str()).chain(["misis.nothing"]).collect();
    kinds.dedup();
    let resources: Vec<hp::Resource> = kinds.iter().flat_map(|kind| about(kind)).collect();
    let mut names = 0;
    runtime().block_on(async {
        let mut client = server.hallpass();
        for (who, resources) in SUBJECTS.iter().flat_map(|who| resources.chunks(200).map(move |some| (who, some))) {
            let listed = listed(&mut client, who, resources).await;
            let checked = checked(&mut client, who, resources, &cells).await;
            assert_eq!(listed, checked, "{who}");
            names += listed.iter().map(Vec::len).sum::<usize>();
        }
    });
    assert!(names > 500, "{names}");
}

async fn listed(client: &mut Client, who: &str, resources: &[hp::Resource]) -> Vec<Vec<String>> {
    let request = hp::ListActionsRequest { subject: subject(who), resources: resources.to_vec(), ..Default::default() };
    let answer = client.list_actions(request).await.unwrap().into_inner();
    assert_eq!(answer.policy_revision, "00000000000000aa");
    assert_eq!(answer.directory_revision, "00000000000000bb");
    let names = |item: hp::ListActionsItem| match item.result {
        Some(Item::Actions(hp::AllowedActions { names })) => names,
        other => panic!("{other:?}"),
    };
    answer.items.into_iter().map(names).collect()
}

async fn checked(client: &mut Client, who: &str, resources: &[hp::Resource], cells: &Cells) -> Vec<Vec<String>> {
    let mut allowed = Vec::new();
    for resource in resources {
        let actions = cells.iter().filter(|(kind, _)| *kind == resource.r#type).map(|(_, action)| action.clone());
        let check = |name| hp::CheckRequest {
            subject: subject(who),
            action: Some(hp::Action { name, properties: None }),
            resource: Some(resource.clone()),
            context: None,
        };
        let checks = actions.clone().map(check).collect();
        let answers = client.batch_check(hp::BatchCheckRequest { checks }).await.unwrap().into_inner().items;
        let names = actions.zip(answers).filter(|(_, item)| allows(item)).map(|(name, _)| name);
        allowed.push(names.collect());
    }
    allowed
}

fn allows(item: &hp::BatchCheckItem) -> bool {
    match &item.result {
        Some(hp::batch_check_item::Result::Response(answer)) => answer.allow,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_malformed_resource_fails_alone_and_a_malformed_list_as_a_whole() {
    let server = Server::start();
    let good = of("misis.census.student", "s.0142", "", "", "");
    let list = |subject, resources| hp::ListActionsRequest { subject, resources, ..Default::default() };
    runtime().block_on(async {
        let mut client = server.hallpass();
        let bad = [
            (hp::Resource { r#type: String::new(), ..good.clone() }, "`resource.type` is required"),
            (hp::Resource { date: Some("soon".into()), ..good.clone() }, "`date` must be a day"),
            (hp::Resource { id: "i".repeat(257), ..good.clone() }, "resource.id is over the limit of 256"),
        ];
        for (bad, message) in bad {
            let answer = client.list_actions(list(subject("p.okafor"), vec![good.clone(), bad, good.clone()])).await;
            let items = answer.unwrap().into_inner().items;
            let [Some(Item::Actions(first)), Some(Item::Error(error)), Some(Item::Actions(last))] =
                [0, 1, 2].map(|at: usize| items[at].result.clone())
            else {
                panic!("{items:?}")
            };
            assert!(first.names.contains(&"view".to_owned()) && first == last);
            assert!(error.message.contains(message), "{error:?}");
        }
        let none = client.list_actions(list(subject("p.okafor"), Vec::new())).await.unwrap().into_inner();
        assert!(none.items.is_empty() && !none.policy_revision.is_empty());
        let whole = [
            (list(None, vec![good.clone()]), "`subject` is required"),
            (list(subject(""), vec![good.clone()]), "`subject.id` is required"),
            (list(subject(""), Vec::new()), "`subject.id` is required"),
            (list(subject("p.okafor"), vec![good.clone(); 1001]), "the number of resources is over the limit of 1000"),
        ];
        for (request, message) in whole {
            let status = client.list_actions(request).await.unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument);
            assert!(status.message().contains(message), "{status:?}");
        }
    });
}
