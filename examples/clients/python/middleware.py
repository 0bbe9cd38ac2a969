"""Asks Hallpass before a FastAPI application answers. Each route says what it does to which kind of record; one that
doesn't say is closed.

    pip install grpcio grpcio-tools fastapi uvicorn
    HALLPASS=127.0.0.1:50051 uvicorn --app-dir examples/clients/python middleware:app

Here a header says who asks: in front of this stands whatever checks the session and sets it, and nobody reaches it else.
"""

import os

from fastapi import Depends, FastAPI, HTTPException, Request

from client import Hallpass
from protos import hallpass_pb2

hallpass = Hallpass(os.environ.get("HALLPASS", "127.0.0.1:50051"))


def asks(action, kind):
    """Says what a route does: to a record of this kind about the student in its path."""

    def note(endpoint):
        endpoint.asks = (action, kind)
        return endpoint

    return note


def guard(request: Request):
    """Lets a request through if its user may."""
    users = request.headers.getlist("x-user")
    if len(users) != 1:
        raise HTTPException(401)
    if not hasattr(request.scope["endpoint"], "asks"):
        raise HTTPException(403)
    action, kind = request.scope["endpoint"].asks
    question = hallpass_pb2.CheckRequest(
        subject=hallpass_pb2.Subject(type="user", id=users[0]),
        action=hallpass_pb2.Action(name=action),
        resource=hallpass_pb2.Resource(type=kind, student=request.path_params.get("student")),
    )
    if not hallpass.may(question):
        raise HTTPException(403)


app = FastAPI(dependencies=[Depends(guard)])


@app.get("/students/{student}/marks")
@asks("view", "misis.grades.mark")
def marks(student: str):
    return {"student": student, "marks": ["B+"]}


@app.put("/students/{student}/marks")
@asks("update", "misis.grades.mark")
def mark(student: str):
    return {"student": student}


@app.get("/students/{student}/forgotten")
def forgotten(student: str):
    return {"student": student}
