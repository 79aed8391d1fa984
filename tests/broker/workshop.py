"""Certificates, a revocation journal and a mosquitto with the plug-in."""
import contextlib
import datetime
import hashlib
import os
import pathlib
import pwd
import socket
import struct
import subprocess
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SOPRIS_BUILD", ROOT / "build/host"))
PLUGIN = BUILD / "broker/sopris_broker.so"
EPOCH_OID = ObjectIdentifier("1.2.840.113556.1.8000.2554.30209.39762.37869.18973.37952.1331842.13862417")
EPOCH_MIN, ORDER, QUARANTINE, RELEASE = 1, 2, 3, 4


def ueid(number):
    return b"\x01" + hashlib.sha256(bytes([number])).digest()


class Authority:
    """A CA, and the files of what it certifies."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._build(name, self.key, None)
        self.path = folder / f"{name}.crt"
        self.path.write_bytes(self.certificate.public_bytes(Encoding.PEM))

    def _build(self, name, key, epoch, server=False):
        now = datetime.datetime.now(datetime.timezone.utc)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name, _validate=False)])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.name)])
        is_ca = key is self.key
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
                   .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(minutes=5))
                   .not_valid_after(now + datetime.timedelta(days=1))
                   .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True))
        if not is_ca:
            usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if server:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        if epoch is not None:
            der = b"\x02" + bytes([len(epoch)]) + epoch if isinstance(epoch, bytes) else der_integer(epoch)
            builder = builder.add_extension(x509.UnrecognizedExtension(EPOCH_OID, der), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def issue(self, file_name, name, epoch=None, server=False):
        """Writes FILE_NAME.crt and .key, and returns the path without the ending."""
        key = ec.generate_private_key(ec.SECP256R1())
        path = self.folder / file_name
        path.with_suffix(".crt").write_bytes(self._build(name, key, epoch, server).public_bytes(Encoding.PEM))
        path.with_suffix(".key").write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
        return path


def der_integer(value):
    data = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return b"\x02" + bytes([len(data)]) + data


class Journal:
    """Writes what the core would write."""

    def __init__(self, path):
        self.path, self.number, self.link = path, 0, bytes(32)
        path.write_bytes(b"")

    def append(self, kind, device, epoch=0, reason=0):
        self.number += 1
        head = struct.pack(">4sBQQ33sIIH", b"RVK1", kind, self.number, int(time.time()), device, epoch, reason, 0)
        self.link = hashlib.sha256(self.link + head).digest()
        with self.path.open("ab") as file:
            file.write(head + self.link)


class Broker:
    """A mosquitto with the plug-in on a free port of loopback."""

    def __init__(self, folder, journal, service_ca, operator_ca, plugin=PLUGIN):
        self.folder, self.process = folder, None
        server = service_ca.issue("server", "server", server=True)
        roots = folder / "clients.crt"
        roots.write_bytes(service_ca.path.read_bytes() + operator_ca.path.read_bytes())
        (folder / "access").write_text("user olga\ntopic read devices/#\n", encoding="utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log_path = folder / "mosquitto.log"
        (folder / "mosquitto.conf").write_text(f"""listener {self.port} 127.0.0.1
cafile {roots}
certfile {server}.crt
keyfile {server}.key
require_certificate true
allow_anonymous false
acl_file {folder}/access
plugin {plugin}
plugin_opt_revocations {journal}
plugin_opt_operator_ca {operator_ca.path}
user {pwd.getpwuid(os.geteuid()).pw_name}
log_dest stderr
log_type all
""", encoding="utf-8")

    def start(self):
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(["mosquitto", "-c", self.folder / "mosquitto.conf"], stderr=log, stdout=log)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.02)
        return self

    def stop(self):
        """Asks until it goes: mosquitto forgets a SIGTERM that comes before its loop begins."""
        for _ in range(100):
            if self.process is None or self.process.poll() is not None:
                return
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.1)
        raise AssertionError("mosquitto does not end")

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def command(self, program, identity, client_id, topic, *more):
        return ["stdbuf", "-oL", program, "-V", "mqttv311", "-h", "127.0.0.1", "-p", str(self.port), "--cafile",
                self.folder / "service-ca.crt", "--insecure", "--cert", f"{identity}.crt", "--key", f"{identity}.key",
                "-i", client_id, "-t", topic, *more]

    def publish(self, identity, client_id, topic, text="x"):
        """True if the broker took the connection (and, at QoS 1, answered)."""
        run = subprocess.run(self.command("mosquitto_pub", identity, client_id, topic, "-m", text, "-q", "1"),
                             capture_output=True, timeout=20, check=False)
        return run.returncode == 0

    def subscribe(self, identity, client_id, topic):
        """A subscriber that ends when the broker disconnects it; each message is a line."""
        process = subprocess.Popen(self.command("mosquitto_sub", identity, client_id, topic, "-d"),
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
        for line in process.stdout:
            if "SUBACK" in line or "Subscribed" in line:
                return process
        process.wait(5)
        return process
