import unittest

from cloudsnooze_plugin.wire import MESSAGE_LIMIT_BYTES, _Lines


def read(*chunks):
    lines = _Lines()
    return [str(each) if isinstance(each, ValueError) else each for chunk in chunks for each in lines.push(chunk)]


class Lines(unittest.TestCase):
    def test_pieces_of_any_size(self):
        self.assertEqual(read(b'{"id"', b':1}\n{"id":2}\n{"i', b'd":3}\n'), [{"id": 1}, {"id": 2}, {"id": 3}])
        self.assertEqual(read(b'{"id":"\xc3', b'\xa9"}', b"\n"), [{"id": "\u00e9"}])

    def test_empty_lines_and_carriage_returns_mean_nothing(self):
        self.assertEqual(read(b'\n \r\n{"id":1}\r\n'), [{"id": 1}])

    def test_a_message_of_exactly_the_limit(self):
        message = b'{"a":"' + b"x" * (MESSAGE_LIMIT_BYTES - 8) + b'"}'
        self.assertEqual(len(message), MESSAGE_LIMIT_BYTES)
        self.assertEqual(len(read(message + b"\n")[0]["a"]), MESSAGE_LIMIT_BYTES - 8)

    def test_one_that_is_larger_is_skipped_to_its_end(self):
        flood = [b"x" * MESSAGE_LIMIT_BYTES] * 3
        self.assertEqual(read(*flood, b'x\n{"id":1}\n'), ["a message of more than 1 MiB", {"id": 1}])

    def test_what_is_no_object(self):
        found = read(b"[1]\nwhat?\n")
        self.assertEqual(found[0], "a message is a JSON object")
        self.assertIn("Expecting value", found[1])
