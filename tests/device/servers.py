"""Servers that tests point a board at: an echo, and hostile ones."""
import select
import socket
import socketserver
import ssl
import threading


class Server:
    """A TCP server on loopback, a thread for each connection; handler(socket) serves one."""

    def __init__(self, handler):
        served = self
        self.connections = 0

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                served.connections += 1
                self.request.settimeout(20)
                try:
                    handler(self.request)
                except (OSError, ssl.SSLError):
                    pass

        class Threads(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Threads(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def echo(connection):
    while data := connection.recv(4096):
        connection.sendall(data)


def hang_up(connection):
    connection.shutdown(socket.SHUT_RDWR)


def relay(port):
    """To and from another port of loopback: counts connections on the way."""
    def serve(connection):
        with socket.create_connection(("127.0.0.1", port)) as other:
            while True:
                for source in select.select([connection, other], [], [])[0]:
                    data = source.recv(4096)
                    if not data:
                        return
                    (other if source is connection else connection).sendall(data)
    return serve


def garbage(connection):
    connection.recv(512)
    connection.sendall(bytes(range(256)) * 8)


def huge_record(connection):
    """The head of a TLS record of the largest size, then bytes for ever."""
    connection.recv(512)
    connection.sendall(b"\x16\x03\x03\xff\xff")
    for _ in range(2000):
        connection.sendall(b"\xaa" * 1024)


def plain_http(connection):
    connection.recv(512)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def tls(certificate, key, replies):
    """A server with this certificate (PEM files) that answers each request with the next of replies, whatever it was."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)
    state = {"index": 0}

    def serve(connection):
        with context.wrap_socket(connection, server_side=True) as secure:
            while secure.recv(4096):
                secure.sendall(replies[state["index"] % len(replies)])
                state["index"] += 1
    return serve
