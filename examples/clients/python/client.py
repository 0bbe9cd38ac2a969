"""A client to copy from: one question, many at once, a stream of them; a deadline for each, another try where the server
is away, and no as the answer to everything that goes wrong.

    pip install grpcio grpcio-tools
    python client.py 127.0.0.1:50051
    python client.py unix:/run/hallpass/hallpass.sock
"""

import json
import logging
import sys

import grpc

from protos import hallpass_pb2, hallpass_pb2_grpc

log = logging.getLogger("hallpass")

# How long an answer is waited for, all tries together.
SECONDS = 0.5
# A check changes nothing, so it may be asked again.
SERVICE_CONFIG = {
    "methodConfig": [
        {
            "name": [{"service": "hallpass.v1.Hallpass", "method": method} for method in ("Check", "BatchCheck")],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.020s",
                "maxBackoff": "0.200s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}


class Hallpass:
    """Asks a server; `target` is `host:port`, or `unix:/path` of its socket."""

    def __init__(self, target):
        options = [("grpc.service_config", json.dumps(SERVICE_CONFIG))]
        if target.startswith("unix:"):
            # Otherwise the socket's path would be sent as the name of the host, which is none: the server refuses it.
            options.append(("grpc.default_authority", "localhost"))
        self._channel = grpc.insecure_channel(target, options)
        self._stub = hallpass_pb2_grpc.HallpassStub(self._channel)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._channel.close()

    def may(self, question):
        """Whether it is allowed."""
        try:
            return self._stub.Check(question, timeout=SECONDS).allow
        except grpc.RpcError as error:
            log.error("no answer: %s: %s", error.code().name, error.details())
            return False

    def may_each(self, questions):
        """The same for many at one moment, in their order. A malformed one is not allowed, the others are decided."""
        try:
            answer = self._stub.BatchCheck(hallpass_pb2.BatchCheckRequest(checks=questions), timeout=SECONDS)
        except grpc.RpcError as error:
            log.error("no answers: %s: %s", error.code().name, error.details())
            return [False] * len(questions)
        return [item.response.allow for item in answer.items]

    def stream(self, questions, seconds=10 * SECONDS):
        """The same for more than fit into a batch. What a server that shuts down leaves open is asked anew, once."""
        questions = list(questions)
        allowed = []
        for _ in range(2):
            rest = enumerate(questions[len(allowed) :])
            asked = (hallpass_pb2.CheckStreamRequest(id=id, check=check) for id, check in rest)
            try:
                for answer in self._stub.CheckStream(asked, timeout=seconds):
                    allowed.append(answer.response.allow)
                break
            except grpc.RpcError as error:
                log.error("the stream ended: %s: %s", error.code().name, error.details())
                if error.code() != grpc.StatusCode.UNAVAILABLE:
                    break
        return allowed + [False] * (len(questions) - len(allowed))


def mark(who, action, student):
    """May this person do this to a mark of this student?"""
    return hallpass_pb2.CheckRequest(
        subject=hallpass_pb2.Subject(type="user", id=who),
        action=hallpass_pb2.Action(name=action),
        resource=hallpass_pb2.Resource(type="misis.grades.mark", student=student),
    )


def main(target):
    with Hallpass(target) as hallpass:
        print("check ", hallpass.may(mark("t.rivera", "update", "s.0142")))
        print("check ", hallpass.may(mark("t.rivera", "update", "s.0999")))
        questions = [mark("t.rivera", "update", "s.0142"), mark("", "view", "s.0142"), mark("p.okafor", "view", "s.0142")]
        print("batch ", hallpass.may_each(questions))
        print("stream", hallpass.stream(questions))
        print("stream", sum(hallpass.stream(questions * 1_000)), "of 3000")
    # Nobody answers at this port, so it is no.
    with Hallpass("127.0.0.1:1") as nobody:
        print("away  ", nobody.may(mark("t.rivera", "update", "s.0142")))


if __name__ == "__main__":
    main(sys.argv[1])
