"""Stock nginx in front of a service, as docs/images.md describes it: it looks at the name in the TLS greeting,
leads check-ins through to the edge untouched, and serves images itself."""
import os
import shutil
import socket
import time

from tests.support.ports import free_port

MODULES = "/usr/lib/nginx/modules"
MAIN = """
load_module {modules}/ngx_stream_module.so;
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
{user}
events {{ worker_connections 256; }}
stream {{
{streams}
}}
http {{
  log_format cache '$upstream_cache_status $status $request'; access_log {folder}/access.log cache;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  proxy_cache_path {folder}/cache keys_zone=images:1m;
  ssl_certificate {work}/images/images.crt; ssl_certificate_key {work}/images/images.key; ssl_protocols TLSv1.3;
{servers}
}}
"""
STREAM = """
  map $ssl_preread_server_name $server_{port} {{ images.sopris 127.0.0.1:{images_port}; default 127.0.0.1:{edge_port}; }}
  server {{ listen 127.0.0.1:{port}; ssl_preread on; proxy_pass $server_{port}; }}
"""
SERVER = "  server {{ listen 127.0.0.1:{images_port} ssl; location /v1/image/ {{ {location} }} }}\n"


def cached(edge_port, work):
    """From the edge, once."""
    return (f"proxy_pass https://127.0.0.1:{edge_port}; proxy_ssl_name images.sopris; proxy_ssl_server_name on; "
            f"proxy_ssl_verify on; proxy_ssl_verify_depth 2; proxy_ssl_protocols TLSv1.3; "
            f"proxy_ssl_trusted_certificate {work}/owner/root.crt; proxy_cache images; proxy_cache_valid 200 1h; "
            f"proxy_cache_lock on;")


def static(work):
    """The service's own folder, or a copy of it."""
    return f"alias {work}/service/images/;"


def proxied(port, path):
    """Another server on loopback."""
    return f"proxy_pass http://127.0.0.1:{port}/{path}/;"


def free_ports(count):
    """All different."""
    found = set()
    while len(found) < count:
        found.add(free_port())
    return list(found)


def start(workshop, routes):
    """routes: nginx's location of each way to the images. Starts nginx; gives the port for devices of each."""
    folder = workshop.folder / "nginx"
    folder.mkdir()
    edge_port = int((workshop.home / "service/run/edge.port").read_text())
    streams, servers, ports = "", "", []
    numbers = free_ports(2 * len(routes))
    for location, port, images_port in zip(routes, numbers[::2], numbers[1::2]):
        streams += STREAM.format(port=port, images_port=images_port, edge_port=edge_port)
        servers += SERVER.format(images_port=images_port, location=location)
        ports.append(port)
    # As root its worker would become another user, who may not enter the test's folder.
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(modules=MODULES, folder=folder, user=user, work=workshop.home, streams=streams,
                                                   servers=servers))
    process = workshop.start(shutil.which("nginx") or "/usr/sbin/nginx", "-c", folder / "nginx.conf", "-p", folder)
    for port in ports:
        wait_open(port, process)
    return ports


def wait_open(port, process):
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < deadline and process.process.poll() is None, "\n".join(process.lines)
            time.sleep(0.05)


def cache_statuses(workshop):
    """What nginx says of each request: MISS, HIT or -."""
    return [line.split()[0] for line in (workshop.folder / "nginx/access.log").read_text().splitlines()]
