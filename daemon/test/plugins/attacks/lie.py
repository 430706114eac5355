"""Answers twice, to what nobody asked, with wrong types, and last of all rightly."""
import sys

for line in sys.stdin:
    number = line.split('"id":')[1].split(",")[0]
    for identity in (-1, 99999, '"%s"' % number, "null", "[%s]" % number, "1e400"):
        print('{"id":%s,"result":{"is_idle":true,"reason":"a lie"}}' % identity)
    for answer in ('"result":{"is_idle":false,"reason":"the truth"}', '"result":{"is_idle":true,"reason":"a lie"}', '"result":7'):
        print('{"id":%s,%s}' % (number, answer), flush=True)
