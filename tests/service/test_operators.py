"""What an operator may do, by role; what is entered must be signed. T-19."""
import http.client
import ssl

import pytest

from tests.support.service import Service

READS = ("/v1/devices", "/v1/releases", "/v1/vouchers", "/v1/makers", "/v1/operators", "/v1/status")


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with Service(tmp_path_factory.mktemp("operators") / "world") as running:
        running.enter_all()
        for name in ("viewer", "releaser"):
            body = {"name": name, "role": name, "certificate": running.text(f"{name}.crt")}
            assert running.request("POST", "/v1/operators", body)[0] == 201
        yield running


def writes(service):
    return {
        "/v1/releases": {"manifest": service.base64("base.suit"), "keyset": service.base64("release.keyset")},
        "/v1/vouchers": {"voucher": service.base64("batch.voucher")},
        "/v1/makers": {"root": service.text("maker-root.crt"), "ca": service.text("maker-ca.crt")},
        "/v1/operators": {"name": "x", "role": "admin", "certificate": service.text("stranger.crt")},
    }


@pytest.mark.parametrize("path", READS)
def test_viewer_reads(service, path):
    assert service.request("GET", path, operator="viewer")[0] == 200


def test_viewer_writes_nothing(service):
    for path, body in writes(service).items():
        status, problem = service.request("POST", path, body, operator="viewer")
        assert (status, problem["code"]) == (403, "OPERATOR_ROLE"), path


def test_releaser_releases_but_makes_no_operators(service):
    bodies = writes(service)
    assert service.request("POST", "/v1/releases", bodies["/v1/releases"], operator="releaser")[0] == 201
    for path in ("/v1/makers", "/v1/operators"):
        assert service.request("POST", path, bodies[path], operator="releaser")[1]["code"] == "OPERATOR_ROLE"


def test_certificate_of_the_ca_that_nobody_registered_is_nobody(service):
    for path in READS:
        status, problem = service.request("GET", path, operator="stranger")
        assert (status, problem["code"]) == (403, "OPERATOR_UNKNOWN")


def test_without_a_certificate_there_is_no_connection(service):
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
        service.request("GET", "/v1/status", operator=None)


def test_problem_has_the_form_of_rfc_9457(service):
    status, problem = service.request("GET", "/v1/nothing")
    assert status == 404 and problem["status"] == 404 and problem["type"] == "about:blank"
    assert problem["code"] == "OPERATOR_NOT_FOUND" and problem["title"] and problem["number"] == 0x1404


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"{}", b'{"voucher": 5}', b'{"voucher": "!!!!"}',
                                  b'{"voucher": "AAAA"}', b'{"voucher": "", "more": 1}', b"\xff\xfe",
                                  b'{"voucher": "' + b"A" * 40000 + b'"}', b"[" * 60000])
def test_malformed_bodies_are_clear_errors(service, body):
    status, problem = service.request("POST", "/v1/vouchers", raw=body)
    assert status == 400 and problem["title"]


def test_what_is_entered_must_be_signed_by_whom_it_says(service):
    cases = [
        ("/v1/vouchers", {"voucher": service.base64("foreign.voucher")}, 400, "VOUCHER_OWNER"),
        ("/v1/vouchers", {"voucher": service.base64("stranger.voucher")}, 400, "VOUCHER_SIGNER"),
        ("/v1/vouchers", {"voucher": service.base64("batch.voucher")}, 409, "VOUCHER_GENERATION"),
        ("/v1/releases", {"manifest": service.base64("base.suit"), "keyset": service.base64("stranger.keyset")}, 400,
         "KEYSET_ROOT"),
        ("/v1/releases", {"manifest": service.base64("base.suit"), "keyset": service.base64("app.keyset")}, 400, None),
        ("/v1/releases", {"manifest": service.base64("app.suit"), "keyset": service.base64("release.keyset")}, 400,
         None),
        ("/v1/makers", {"root": service.text("maker-root.crt"), "ca": service.text("stranger-ca.crt")}, 400,
         "IDENTITY_CHAIN"),
        ("/v1/makers", {"root": service.text("viewer.crt"), "ca": service.text("viewer.crt")}, 400,
         "IDENTITY_CERTIFICATE"),
        ("/v1/operators", {"name": "a b", "role": "viewer", "certificate": service.text("stranger.crt")}, 400,
         "OPERATOR_REQUEST"),
        ("/v1/operators", {"name": "again", "role": "viewer", "certificate": service.text("viewer.crt")}, 409,
         "OPERATOR_REQUEST"),
    ]
    for path, body, expected_status, code in cases:
        status, problem = service.request("POST", path, body)
        assert status == expected_status, (path, problem)
        assert code is None or problem["code"] == code, (path, problem)
