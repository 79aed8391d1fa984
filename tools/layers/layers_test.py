"""layers.py finds planted violations, and nothing in a clean tree."""
import pathlib
import tempfile
import unittest

import layers

RULES = """
base ->
crypto -> base
crypto/mbedtls -> crypto, base   # a comment
device/kernel -> base
device/net -> base
service/store -> base
service/store/sqlite -> service/store, base
service/core -> service/store, base
device/systems -> base
generated: device/systems
free: tests
<mbedtls/> <- crypto/mbedtls
"""


class LayersTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        self.rules = layers.rules_parse(RULES)
        for header in ("base/span.h", "crypto/sha256.h", "crypto/mbedtls/config.h", "device/kernel/task.h",
                       "device/net/net.h", "service/store/store.h", "service/store/sqlite/page.h",
                       "tests/helper.h"):
            self.write(header, "")

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def violations(self, path: str, text: str) -> list[str]:
        self.write(path, text)
        return layers.check_file(self.rules, self.root, path)

    def assert_refused(self, path: str, text: str, reason: str) -> None:
        found = self.violations(path, text)
        self.assertEqual(len(found), 1, found)
        self.assertIn(reason, found[0])

    def test_allowed_includes_pass(self) -> None:
        self.assertEqual(self.violations("crypto/sha256.c", '#include "base/span.h"\n#include "crypto/sha256.h"\n'), [])
        self.assertEqual(self.violations("service/core/core.c", '#include "service/store/store.h"\n'), [])
        self.assertEqual(self.violations("crypto/mbedtls/x.c", "#include <mbedtls/sha256.h>\n"), [])

    def test_forbidden_folder_is_found(self) -> None:
        self.assert_refused("device/kernel/task.c", '#include "crypto/sha256.h"\n',
                            "device/kernel may not include crypto")

    def test_indented_include_is_found(self) -> None:
        self.assert_refused("device/kernel/task.c", '  #  include  "device/net/net.h"\n', "may not include device/net")

    def test_folder_below_an_allowed_one_is_found(self) -> None:
        self.assert_refused("service/core/core.c", '#include "service/store/sqlite/page.h"\n',
                            "may not include service/store/sqlite")

    def test_forbidden_library_is_found(self) -> None:
        self.assert_refused("device/kernel/task.c", "#include <mbedtls/aes.h>\n", "only crypto/mbedtls")

    def test_relative_include_is_found(self) -> None:
        self.assert_refused("crypto/sha256.c", '#include "sha256.h"\n', "repository root")

    def test_product_code_may_not_include_tests(self) -> None:
        self.assert_refused("crypto/sha256.c", '#include "tests/helper.h"\n', "may not include tests")

    def test_folder_without_a_line_is_found(self) -> None:
        self.assert_refused("stray/stray.c", '#include "base/span.h"\n', "no line in layers.txt")

    def test_tests_may_include_anything(self) -> None:
        text = '#include "device/kernel/task.h"\n#include "tests/helper.h"\n'
        self.assertEqual(self.violations("crypto/sha256_test.c", text), [])
        self.assertEqual(self.violations("tests/whole.c", text), [])

    def test_generated_header_needs_permission_too(self) -> None:
        self.assertEqual(self.violations("device/systems/main.c", '#include "device/systems/made.h"\n'), [])
        self.assert_refused("device/kernel/task.c", '#include "device/systems/made.h"\n',
                            "may not include device/systems")

    def test_bad_rules_are_refused(self) -> None:
        for text in ("base => crypto\n", "base ->\nbase ->\n", "base -> missing\n"):
            with self.subTest(text=text), self.assertRaises(layers.RulesError):
                layers.rules_parse(text)


if __name__ == "__main__":
    unittest.main()
