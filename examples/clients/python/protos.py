"""The classes of hallpass.v1 and authzen.access.v1, made from the files under `proto/` as this is imported.

An application makes them once instead, when it is built:

    python -m grpc_tools.protoc -Iproto --python_out=. --grpc_python_out=. hallpass/v1/hallpass.proto
"""

import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc

PROTO = Path(__file__).resolve().parents[3] / "proto"
FILES = ["hallpass/v1/hallpass.proto", "authzen/access/v1/access.proto"]
GENERATED = tempfile.TemporaryDirectory()

_include = Path(protoc.__file__).parent / "_proto"
_arguments = [f"-I{PROTO}", f"-I{_include}", f"--python_out={GENERATED.name}", f"--grpc_python_out={GENERATED.name}"]
if protoc.main(["protoc", *_arguments, *FILES]) != 0:
    sys.exit("the files under proto/ could not be compiled")
sys.path.insert(0, GENERATED.name)

from authzen.access.v1 import access_pb2, access_pb2_grpc  # noqa: E402, F401
from hallpass.v1 import hallpass_pb2, hallpass_pb2_grpc  # noqa: E402, F401
