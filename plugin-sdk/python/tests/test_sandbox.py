"""What the sandbox does not show."""

import os
import socket
import sys
import tempfile
import unittest
from unittest import mock

from cloudsnooze_plugin import is_hidden


@unittest.skipUnless(sys.platform == "linux", "needs Linux, whose kernel lists the sockets")
class IsHidden(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, f"server-{os.getpid()}.sock")
        self.server = socket.socket(socket.AF_UNIX)
        self.addCleanup(self.server.close)

    def test_is_so_while_a_server_listens_at_a_socket_of_that_name_wherever_its_folder_is_seen(self):
        elsewhere = os.path.join("/run", os.path.basename(self.path))
        self.assertFalse(is_hidden(elsewhere))
        self.server.bind(self.path)
        self.assertFalse(is_hidden(elsewhere))  # nobody listens yet
        self.server.listen()
        os.unlink(self.path)
        self.assertTrue(is_hidden(elsewhere))
        self.server.close()
        self.assertFalse(is_hidden(elsewhere))

    def test_is_so_where_the_kernel_does_not_let_it_look(self):
        with mock.patch("builtins.open", side_effect=PermissionError):
            self.assertTrue(is_hidden(self.path))


if __name__ == "__main__":
    unittest.main()
