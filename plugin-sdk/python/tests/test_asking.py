"""What a plugin asks the host, and how it takes the answers, held to the protocol's vectors."""

import json
import pathlib
import queue
import unittest
from concurrent.futures import ThreadPoolExecutor

from cloudsnooze_plugin import HostError
from cloudsnooze_plugin.asking import Asking
from cloudsnooze_plugin.call import Call
from cloudsnooze_plugin.keyvalue import KeyValue

VECTORS = pathlib.Path(__file__).parents[2] / "protocol" / "vectors"
SECONDS = 20


def vectors(name):
    return json.loads((VECTORS / f"{name}.json").read_text("utf-8"))["vectors"]


class Conversation:
    """One in which the plugin asks, each time in a call of its own."""

    def __init__(self):
        self.sent = queue.Queue()
        self.asking = Asking()
        self.asking.send = self.sent.put
        self.calls, self.ids, self.answers = {}, {}, {}
        self.pool = ThreadPoolExecutor(max_workers=16)

    def ask(self, name, method, params):
        call = self.calls[name] = Call()

        def run():
            call.enter()
            return self.asking.ask(method, params, SECONDS, cancelable=True)

        self.answers[name] = self.pool.submit(run)
        found = self.sent.get(timeout=SECONDS)
        self.ids[name] = found.pop("id")
        return found

    def say(self, message):
        method, params = message["method"], message.get("params", {})
        if method == "$/cancelRequest":
            self.calls[params["id"]].cancel()
            found = self.sent.get(timeout=SECONDS)
            [name] = [name for name, own in self.ids.items() if own == found["params"]["id"]]
            return {**found, "params": {"id": name}}
        if "id" in message:
            return self.ask(message["id"], method, params)
        self.asking.tell(method, params)
        return self.sent.get(timeout=SECONDS)


class Vectors(unittest.TestCase):
    def test_a_plugin_says_what_the_vectors_of_the_host_send_and_takes_what_they_expect(self):
        for vector in vectors("host"):
            with self.subTest(f"{vector['requirement']} {vector['name']}"):
                talk = Conversation()
                for message in vector["send"]:
                    expected = {"method": message["method"], "params": message.get("params", {})}
                    self.assertEqual(talk.say(message), expected)
                self.assertEqual(len(set(talk.ids.values())), len(talk.ids))
                for told in vector["expect"]:
                    talk.asking.take({**told, "id": talk.ids[told["id"]]})
                    answer = talk.answers[told["id"]]
                    if "error" not in told:
                        self.assertEqual(answer.result(SECONDS), told["result"])
                        continue
                    with self.assertRaises(HostError) as raised:
                        answer.result(SECONDS)
                    if "code" in told["error"]:
                        self.assertEqual(raised.exception.code, told["error"]["code"])
                talk.pool.shutdown()

    def test_an_answer_means_what_the_vectors_say(self):
        for vector in vectors("answers"):
            with self.subTest(f"{vector['requirement']} {vector['name']}"):
                talk, meaning = Conversation(), vector["meaning"]
                talk.ask(1, "Host.KV.Get", {"key": "a"})
                talk.asking.take(vector["message"])
                if "error" not in meaning:
                    self.assertEqual(talk.answers[1].result(SECONDS), meaning["result"])
                    continue
                with self.assertRaisesRegex(HostError, meaning["error"]) as raised:
                    talk.answers[1].result(SECONDS)
                self.assertEqual(raised.exception.code, meaning.get("code", -32603))


class AWatch(unittest.TestCase):
    def test_ends_when_the_time_is_over_and_the_host_is_told(self):
        sent = []
        asking = Asking()
        asking.send = sent.append
        self.assertIsNone(KeyValue(asking).watch("k", seconds=0))
        self.assertEqual([each["method"] for each in sent], ["Host.KV.Watch", "$/cancelRequest"])
        asking.take({"id": 1, "result": {}})  # too late: dropped
