"""Requests and their answers, each in a call of its own."""

import threading
import unittest

from cloudsnooze_plugin.calls import Calls
from cloudsnooze_plugin.serve import Unknown, _respond

SECONDS = 20


class Ids(unittest.TestCase):
    def test_an_id_is_free_as_soon_as_it_is_answered(self):
        second = threading.Event()

        def answer(request_id, method, params):
            if method == "first":
                calls.start(request_id, "second", {})  # the host reads the answer before this call is put away
            else:
                second.set()

        calls = Calls(answer, concurrent=False)
        calls.start(1, "first", {})
        self.assertTrue(second.wait(SECONDS))


class Errors(unittest.TestCase):
    def test_an_error_without_words_is_told_by_the_name_of_what_it_came_from(self):
        def answer(method, params):
            try:
                raise MemoryError
            except MemoryError as error:
                raise Unknown(str(error))

        class Sent:
            def send(self, message):
                self.message = message

        wire = Sent()
        _respond(wire, answer, 1, "CheckIdle", {})
        self.assertEqual(wire.message["error"]["message"], "MemoryError")
