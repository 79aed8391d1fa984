"""The peer for check-ins: nginx, one worker, doing nothing but mutual TLS 1.3 handshakes with P-256."""
import os
import pathlib
import socket
import subprocess
import time

CLIENT_COUNT = 4
CONFIGURATION = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl; keepalive_timeout 0;
    ssl_certificate {folder}/server.crt; ssl_certificate_key {folder}/server.key;
    ssl_client_certificate {folder}/ca.crt; ssl_verify_client on;
    ssl_protocols TLSv1.3; ssl_ecdh_curve prime256v1; ssl_session_tickets off; ssl_session_cache off;
    location / {{ return 204; }}
  }}
}}
"""


def run(*arguments, **options):
    subprocess.run([str(argument) for argument in arguments], check=True, capture_output=True, **options)


def make_certificates(folder):
    """A CA, a server and a client certificate, all P-256, as the service's are."""
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
        "-subj", "/CN=ca", "-keyout", folder / "ca.key", "-out", folder / "ca.crt")
    for name in ("server", "client"):
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.csr")
        run("openssl", "x509", "-req", "-in", folder / f"{name}.csr", "-CA", folder / "ca.crt",
            "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", "2", "-out", folder / f"{name}.crt")


def cpu_seconds(process_ids):
    """User and system time that these processes have used so far."""
    ticks = 0
    for process_id in process_ids:
        fields = pathlib.Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def children_of(process_id):
    path = pathlib.Path(f"/proc/{process_id}/task/{process_id}/children")
    return [int(child) for child in path.read_text().split()]


def measure(folder, client_program, count):
    """CPU microseconds of nginx for one handshake, and handshakes per second, by clients that keep the machine as busy as the
    load of check-ins does. count is a multiple of CLIENT_COUNT."""
    folder = pathlib.Path(folder)
    make_certificates(folder)
    port = free_port()
    (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, port=port))
    master = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)],
                              stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        workers = children_of(master.pid)
        before = cpu_seconds(workers)
        command = [client_program, port, count // CLIENT_COUNT, folder / "client.crt", folder / "client.key",
                   folder / "ca.crt"]
        begin = time.monotonic()
        clients = [subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
                   for _ in range(CLIENT_COUNT)]
        if any([client.wait() for client in clients]):
            raise SystemExit("a handshake with nginx failed")
        seconds = time.monotonic() - begin
        used = cpu_seconds(workers) - before
    finally:
        master.terminate()
        master.wait()
    return {"cpu_us": used / count * 1e6, "per_second": count / seconds}
