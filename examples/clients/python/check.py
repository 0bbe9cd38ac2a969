"""A tour of what can be asked: over gRPC, and over HTTP as AuthZEN has it. A client to copy from is `client.py`.

    pip install grpcio grpcio-tools
    python check.py 127.0.0.1:50051 127.0.0.1:8181

Only the files under `proto/` are needed: see `protos.py`.
"""

import json
import sys
import urllib.request

import grpc

from protos import access_pb2, access_pb2_grpc, hallpass_pb2, hallpass_pb2_grpc

SECONDS = 5


def mark(who, action, student):
    """May this person do this to a mark of this student?"""
    return hallpass_pb2.CheckRequest(
        subject=hallpass_pb2.Subject(type="user", id=who),
        action=hallpass_pb2.Action(name=action),
        resource=hallpass_pb2.Resource(type="misis.grades.mark", student=student),
    )


def told(answer):
    """An answer in one line."""
    if not answer.allow:
        return f"deny: {answer.reason}"
    return f"allow: {answer.grant.role} at {answer.grant.org}"


def over_grpc(address):
    """Check, BatchCheck, Explain, Status, health, and AuthZEN's Evaluation."""
    with grpc.insecure_channel(address) as channel:
        hallpass = hallpass_pb2_grpc.HallpassStub(channel)

        answer = hallpass.Check(mark("t.rivera", "update", "s.0142"), timeout=SECONDS)
        print("check   ", told(answer))

        # Many questions are decided at one moment, on one policy; a malformed one fails alone.
        questions = [mark("t.rivera", "update", "s.0999"), mark("p.okafor", "view", "s.0142"), mark("", "view", "s")]
        batch = hallpass.BatchCheck(hallpass_pb2.BatchCheckRequest(checks=questions), timeout=SECONDS)
        for item in batch.items:
            kind = item.WhichOneof("result")
            print("batch   ", told(item.response) if kind == "response" else f"malformed: {item.error.message}")

        why = hallpass.Explain(hallpass_pb2.ExplainRequest(check=mark("t.rivera", "update", "s.0999")), timeout=SECONDS)
        for held in why.assignments:
            for attempt in held.grants:
                print("explain ", f"{held.role} at {held.org}: {attempt.grant} {attempt.outcome} ({attempt.fact})")

        try:
            hallpass.Check(mark("", "update", "s.0142"), timeout=SECONDS)
        except grpc.RpcError as error:
            print("refused ", f"{error.code().name}: {error.details()}")

        status = hallpass.Status(hallpass_pb2.StatusRequest(), timeout=SECONDS)
        same = status.policy_revision == answer.policy_revision == batch.policy_revision
        print("status  ", f"generation {status.generation}, days of {status.time_zone}, one policy: {same}")
        print("reload  ", "failing" if status.reload.failing else "as the files are")

        # grpc.health.v1: no question is the empty message, and 1 in its first field is SERVING.
        health = channel.unary_unary("/grpc.health.v1.Health/Check")
        print("health  ", "serving" if health(b"", timeout=SECONDS) == b"\x08\x01" else "not serving")

        access = access_pb2_grpc.AccessStub(channel)
        question = access_pb2.EvaluationRequest(
            subject=access_pb2.Subject(type="user", id="t.rivera"),
            action=access_pb2.Action(name="update"),
            resource=access_pb2.Resource(type="misis.grades.mark", id="m-1"),
        )
        question.resource.properties.update({"student": "s.0142", "school": ["sch.fernvale", "sch.graniteford"]})
        print("access  ", "allow" if access.Evaluation(question, timeout=SECONDS).decision else "deny")


def post(address, path, body):
    """AuthZEN over HTTP."""
    request = urllib.request.Request(
        f"http://{address}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:
        return json.load(answer)


def over_http(address):
    """An evaluation, and several that share a subject and an action."""
    student = lambda id: {"type": "misis.grades.mark", "id": "", "properties": {"student": id}}  # noqa: E731
    question = {
        "subject": {"type": "user", "id": "t.rivera"},
        "action": {"name": "update"},
        "resource": student("s.0142"),
    }
    print("http    ", post(address, "/access/v1/evaluation", question))
    question["evaluations"] = [{}, {"resource": student("s.0999")}, {"action": {"name": "delete"}}]
    question["options"] = {"hallpass": {"explain": True}}
    for answer in post(address, "/access/v1/evaluations", question)["evaluations"]:
        print("http    ", answer["decision"], answer["context"]["hallpass"]["reason"])


if __name__ == "__main__":
    over_grpc(sys.argv[1])
    over_http(sys.argv[2])
