"""Images: uploaded through the door, hashed by the core, fetched from the edge by byte range."""
import hashlib
import http.client
import json
import ssl

import pytest

from tests.support.service import Service, fake_device, slot, upload


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with Service(tmp_path_factory.mktemp("images") / "world") as running:
        running.enter_all()
        for name in ("viewer", "releaser"):
            body = {"name": name, "role": name, "certificate": running.text(f"{name}.crt")}
            assert running.request("POST", "/v1/operators", body)[0] == 201
        yield running


def fetch(service, path, headers=None, method="GET"):
    context = ssl.create_default_context(cafile=service.folder / "owner.crt")
    context.check_hostname = False
    connection = http.client.HTTPSConnection("127.0.0.1", service.port("edge"), context=context, timeout=20)
    try:
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def image(service):
    contents = slot(service)
    status, document = upload(service, contents)
    assert (status, document["component"], document["sequence"]) == (201, "base", 3)
    assert document["file_size"] == len(contents)
    return contents


def path_of(contents):
    return "/v1/image/" + hashlib.sha256(contents).hexdigest()


def test_whole_file_with_headers_that_caches_understand(service, image):
    status, headers, body = fetch(service, path_of(image))
    assert (status, body) == (200, image)
    assert headers["ETag"] == '"%s"' % hashlib.sha256(image).hexdigest()
    assert "immutable" in headers["Cache-Control"] and headers["Accept-Ranges"] == "bytes"
    assert headers["Content-Length"] == str(len(image))


@pytest.mark.parametrize("wish, start, end", [("bytes=0-511", 0, 512), ("bytes=4095-", 4095, 4100),
                                              ("bytes=-4", 4096, 4100), ("bytes=4000-99999", 4000, 4100)])
def test_one_range(service, image, wish, start, end):
    status, headers, body = fetch(service, path_of(image), {"Range": wish})
    assert (status, body) == (206, image[start:end])
    assert headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(image)}"


def test_conditions(service, image):
    tag = '"%s"' % hashlib.sha256(image).hexdigest()
    assert fetch(service, path_of(image), {"If-None-Match": tag})[0::2] == (304, b"")
    assert fetch(service, path_of(image), {"Range": "bytes=1-2", "If-Range": tag})[0] == 206
    assert fetch(service, path_of(image), {"Range": "bytes=1-2", "If-Range": '"other"'})[0::2] == (200, image)
    status, headers, _ = fetch(service, path_of(image), {"Range": "bytes=4100-"})
    assert (status, headers["Content-Range"]) == (416, "bytes */4100")


def test_nothing_but_images(service, image):
    assert fetch(service, path_of(image), method="POST")[0] == 405
    (service.folder / "images" / ("f" * 64)).symlink_to(service.folder / "ca.key")
    (service.folder / "images" / ("e" * 64)).mkdir()
    for name in ("f" * 64, "e" * 64, "0" * 64, "", ".upload", "../ca.key", "..%2fca.key", "%2e%2e/ca.key",
                 hashlib.sha256(image).hexdigest().upper(), hashlib.sha256(image).hexdigest() + "?x"):
        assert fetch(service, "/v1/image/" + name)[0] == 404, name


def test_folder_is_ready_for_any_web_server(service, image):
    """Plain files under their digests, readable by all."""
    file = service.folder / "images" / hashlib.sha256(image).hexdigest()
    assert file.read_bytes() == image and file.stat().st_mode & 0o777 == 0o644


def test_publishing_registers_the_release(tmp_path):
    with Service(tmp_path / "world") as service:
        maker = {"root": service.text("maker-root.crt"), "ca": service.text("maker-ca.crt")}
        assert service.request("POST", "/v1/makers", maker)[0] == 201
        assert upload(service, slot(service), operator="admin")[0] == 201
        releases = service.request("GET", "/v1/releases")[1]["releases"]
        images = service.request("GET", "/v1/images")[1]["images"]
        assert [r["digest"] for r in releases] == [i["digest"] for i in images]
        assert [(i["component"], i["sequence"]) for i in images] == [("base", 3)]


def test_what_is_not_right_gets_no_name(service):
    def code(contents, **how):
        status, problem = upload(service, contents, **how)
        assert not (service.folder / "images" / hashlib.sha256(contents).hexdigest()).exists()
        return status, problem["code"]

    good = slot(service, "monitor")
    assert code(good, digest="0" * 64) == (400, "MANIFEST_IMAGE_DIGEST")
    assert code(good[:-1] + b"R") == (400, "MANIFEST_IMAGE_DIGEST")
    assert code(good + b"r") == (400, "MANIFEST_TRAILING")
    assert code(b"TOLS" + good[4:]) == (400, "BOOT_SLOT_FORMAT")
    assert code(good[:4000] + b"\0" + good[4001:]) == (400, "BOOT_SLOT_FORMAT")
    assert code(good[:4] + b"\xff" * 8 + good[12:]) == (400, "BOOT_SLOT_FORMAT")
    assert code(slot(service, "monitor", keyset="stranger")) == (400, "KEYSET_ROOT")
    assert code(good, operator="viewer") == (403, "OPERATOR_ROLE")


def test_pieces_follow_one_another(service):
    contents = slot(service, "monitor")
    body = {"digest": hashlib.sha256(contents).hexdigest(), "size": len(contents), "offset": 7, "data": "AAAA"}
    for change, status in (({}, 409), ({"offset": -1}, 400), ({"offset": len(contents)}, 400), ({"data": ""}, 400),
                           ({"size": 4096}, 400), ({"size": 0x60001}, 400), ({"digest": "A" * 64}, 400),
                           ({"offset": len(contents) - 2}, 400), ({"more": 1}, 400)):
        assert service.request("POST", "/v1/images", {**body, **change})[0] == status, change
    # An upload that was left half done does not stand in the way of the next.
    assert service.request("POST", "/v1/images", {**body, "offset": 0})[0] == 202
    assert upload(service, contents)[0] == 201
    assert json.dumps(service.request("GET", "/v1/images")[1]).count(body["digest"]) == 1


def test_head_says_what_get_would(service, image):
    status, headers, body = fetch(service, path_of(image), method="HEAD")
    assert (status, body, headers["Content-Length"]) == (200, b"", str(len(image)))
    tag = '"%s"' % hashlib.sha256(image).hexdigest()
    assert headers["ETag"] == tag and headers["Accept-Ranges"] == "bytes"
    assert fetch(service, path_of(image), {"Range": "bytes=0-3"}, method="HEAD")[0] == 200
    assert fetch(service, path_of(image), {"If-None-Match": tag}, method="HEAD")[0] == 304
    assert fetch(service, "/v1/image/" + "0" * 64, method="HEAD")[0] == 404
    assert fetch(service, "/v1/claim/01" + "0" * 64, method="HEAD")[0] == 405
    assert fetch(service, "/v1/checkin", method="HEAD")[0] == 405
    assert service.request("HEAD", "/v1/images")[0] in (405, 501), "the door answers none"


def test_deletion_of_what_nobody_needs(tmp_path):
    with Service(tmp_path / "world") as service:
        service.enter_all()
        contents = slot(service, "base4")
        digest = hashlib.sha256(contents).hexdigest()
        file = service.folder / "images" / digest
        assert upload(service, contents)[0] == 201
        listed = service.request("GET", "/v1/images")[1]
        assert listed["bytes"] == len(contents) and listed["free"] > 0

        def delete(body=b"{}", name=digest, operator="admin"):
            return service.request("POST", f"/v1/images/{name}/delete", raw=body, operator=operator)
        number = service.request("POST", "/v1/rollouts", {"component": "base", "sequence": 4})[1]["number"]
        status, problem = delete(b'{"force": true}')
        assert status == 409 and "rollout" in problem["detail"] and file.exists()
        assert fake_device("run", service.folder, 1, 4, 1, 1)["code"] == "NONE"
        service.request("POST", f"/v1/rollouts/{number}/abort", raw=b"{}")
        status, problem = delete()
        assert status == 409 and "devices run it" in problem["detail"] and file.exists()
        assert delete(b'{"force": true}')[0] == 200 and not file.exists()
        assert service.request("GET", "/v1/images")[1]["images"] == []
        assert fetch(service, "/v1/image/" + digest)[0] == 404
        assert delete()[0] == 404 and delete(name="x")[0] == 400 and delete(b'{"more": 1}')[0] == 400
        assert service.request("POST", "/v1/rollouts", {"component": "base", "sequence": 4})[0] == 404
        assert upload(service, contents)[0] == 201 and file.exists(), "it can be published again"
        assert fake_device("run", service.folder, 1, 4, 1, 100)["code"] == "NONE", "its release was known all along"
