"""Both framings, held to the protocol's vectors."""

import base64
import json
import pathlib
import unittest

from cloudsnooze_plugin.framing import MESSAGE_LIMIT_BYTES, AsSpoken, Fault, Headers, Lines

VECTORS = pathlib.Path(__file__).parents[2] / "protocol" / "vectors"


def piece(chunk):
    if isinstance(chunk, str):
        return chunk.encode()
    return base64.b64decode(chunk["base64"]) if "base64" in chunk else chunk["repeat"].encode() * chunk["times"]


def in_the_vectors_words(found):
    if isinstance(found, Fault):
        return {"fault": found.kind}
    size = len(json.dumps(found, separators=(",", ":")))
    return {"bytes": size} if size > 1000 else {"message": found}


class Vectors(unittest.TestCase):
    def test_both_framings_pass_the_vectors_of_the_protocol(self):
        for framing, decoder in (("lines", Lines), ("headers", Headers)):
            for vector in json.loads((VECTORS / f"{framing}.json").read_text("utf-8"))["vectors"]:
                for reader in (decoder(), AsSpoken()):
                    if isinstance(reader, AsSpoken) and "without a length" in vector["name"]:
                        continue  # the host begins with a Content-Length
                    with self.subTest(f"{vector['requirement']} {vector['name']}", reader=type(reader).__name__):
                        found = [each for chunk in vector["chunks"] for each in reader.push(piece(chunk))]
                        self.assertEqual([in_the_vectors_words(each) for each in found], vector["expect"])

    def test_every_vector_can_come_byte_by_byte(self):
        for framing, decoder in (("lines", Lines), ("headers", Headers)):
            for vector in json.loads((VECTORS / f"{framing}.json").read_text("utf-8"))["vectors"]:
                data = b"".join(piece(chunk) for chunk in vector["chunks"])
                if len(data) > 10_000:
                    continue
                with self.subTest(vector["name"]):
                    reader = decoder()
                    found = [each for byte in data for each in reader.push(bytes([byte]))]
                    self.assertEqual([in_the_vectors_words(each) for each in found], vector["expect"])


class AsItIsSpoken(unittest.TestCase):
    def test_the_answer_is_framed_as_the_question_was(self):
        for first, answer in (
            (b'{"id":1}\n', b'{"jsonrpc":"2.0","id":1,"result":{}}\n'),
            (b'content-length: 8\r\n\r\n{"id":1}', b'Content-Length: 36\r\n\r\n{"jsonrpc":"2.0","id":1,"result":{}}'),
        ):
            reader = AsSpoken()
            self.assertEqual(list(reader.push(first)), [{"id": 1}])
            self.assertEqual(reader.encode({"id": 1, "result": {}}), answer)

    def test_what_was_typed_by_hand_may_have_no_newline_at_the_end(self):
        reader = AsSpoken()
        self.assertEqual(list(reader.push(b'{"id":1}')), [])
        self.assertEqual(list(reader.end()), [{"id": 1}])

    def test_an_answer_that_is_too_large_goes_as_an_error(self):
        sent = json.loads(AsSpoken().encode({"id": 7, "result": "x" * MESSAGE_LIMIT_BYTES}))
        self.assertEqual((sent["id"], sent["error"]["code"]), (7, -32603))

    def test_a_request_that_is_too_large_is_not_sent(self):
        with self.assertRaisesRegex(ValueError, "at most 1048576 go"):
            AsSpoken().encode({"id": 7, "method": "Host.KV.Set", "params": "x" * MESSAGE_LIMIT_BYTES})

    def test_headers_without_an_end_are_not_kept(self):
        reader = Headers()
        self.assertEqual([each.kind for each in reader.push(b"x" * 10_000)], ["junk"])
        self.assertEqual(list(reader.push(b'Content-Length: 8\r\n\r\n{"id":1}')), [{"id": 1}])
