"""Tests of the middleware against the server that HALLPASS names: python -m unittest test_middleware."""

import unittest

from fastapi.testclient import TestClient

import middleware


class Guarded(unittest.TestCase):
    def test_answers(self):
        client = TestClient(middleware.app)
        cases = [
            ("GET", "s.0142/marks", "t.rivera", 200),
            ("PUT", "s.0142/marks", "t.rivera", 200),
            ("PUT", "s.0999/marks", "t.rivera", 403),
            ("PUT", "s.0142/marks", "nobody", 403),
            ("PUT", "s.0142/marks", "", 403),
            ("PUT", "s.0142/marks", None, 401),
            ("GET", "s.0142/forgotten", "t.rivera", 403),
        ]
        for method, path, user, expected in cases:
            headers = {} if user is None else {"x-user": user}
            answer = client.request(method, f"/students/{path}", headers=headers)
            self.assertEqual(answer.status_code, expected, (method, path, user, answer.text))
        twice = client.get("/students/s.0142/marks", headers=[("x-user", "t.rivera"), ("x-user", "nobody")])
        self.assertEqual(twice.status_code, 401)

    def test_nobody_to_ask_is_a_no(self):
        asked = middleware.hallpass
        try:
            middleware.hallpass = middleware.Hallpass("127.0.0.1:1")
            answer = TestClient(middleware.app).get("/students/s.0142/marks", headers={"x-user": "t.rivera"})
            self.assertEqual(answer.status_code, 403)
        finally:
            middleware.hallpass = asked


if __name__ == "__main__":
    unittest.main()
