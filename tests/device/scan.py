"""A port scanner that speaks raw Ethernet with a board's controller, over QEMU's datagram back-end."""
import socket
import struct
import time

from tests.support.ports import free_port

OWN_MAC, OWN_IP = bytes.fromhex("525400aabbcc"), bytes([10, 0, 2, 200])
BOARD_MAC, BOARD_IP = bytes.fromhex("525400123456"), bytes([10, 0, 2, 15])
ETHERTYPE_ARP, ETHERTYPE_IP = 0x0806, 0x0800
ICMP, TCP, UDP = 1, 6, 17
SYN, RST, ACK = 2, 4, 16
AT_ONCE = 32


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(protocol, payload):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0, OWN_IP, BOARD_IP)
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    return BOARD_MAC + OWN_MAC + struct.pack(">H", ETHERTYPE_IP) + head + payload


def tcp_syn(port, sequence):
    segment = struct.pack(">HHIIBBHHH", 40000, port, sequence, 0, 0x50, SYN, 1024, 0, 0)
    pseudo = OWN_IP + BOARD_IP + struct.pack(">BBH", 0, TCP, len(segment))
    return frame(TCP, segment[:16] + struct.pack(">H", checksum(pseudo + segment)) + segment[18:])


class Scanner:
    """nic is what the board's QEMU is started with."""

    def __init__(self):
        own, self.board_port = free_port(), free_port()
        self.nic = f"socket,model=lan9118,udp=127.0.0.1:{own},localaddr=127.0.0.1:{self.board_port}"
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", own))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.socket.close()

    def send(self, data):
        self.socket.sendto(data.ljust(60, b"\0"), ("127.0.0.1", self.board_port))

    def packets(self, timeout_s):
        """(protocol, what IP carries) of what the board sends in this time; its questions for addresses are answered."""
        deadline = time.monotonic() + timeout_s
        while (left_s := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left_s)
            try:
                data = self.socket.recv(2048)
            except TimeoutError:
                return
            kind = struct.unpack(">H", data[12:14])[0]
            if kind == ETHERTYPE_ARP and data[38:42] == OWN_IP:
                self.send(data[6:12] + OWN_MAC + data[12:20] + b"\0\2" + OWN_MAC + OWN_IP + data[22:32])
            elif kind == ETHERTYPE_IP and data[26:30] == BOARD_IP:
                yield data[23], data[34:]

    def scan(self, ports):
        """Those that accept a connection; each port must answer one way or the other."""
        waiting, found, tries = list(ports), set(), 0
        while waiting:
            tries += 1
            assert tries < 40 + 2 * len(ports) // AT_ONCE, f"no answer for {waiting[:10]}"
            batch = waiting[:AT_ONCE]
            for port in batch:
                self.send(tcp_syn(port, 1000 + tries))
            answered = set()
            for protocol, data in self.packets(2.0):
                if protocol == TCP:
                    source, target, flags = *struct.unpack(">HH", data[:4]), data[13]
                    if target == 40000 and source in batch:
                        answered.add(source)
                        if flags & (SYN | ACK) == SYN | ACK and not flags & RST:
                            found.add(source)
                if len(answered) == len(batch):
                    break
            waiting = [port for port in waiting if port not in answered]
        return found

    def answers_udp(self, ports):
        """Whether any of these ports answers a datagram."""
        for port in ports:
            self.send(frame(UDP, struct.pack(">HHHH", 40000, port, 12, 0) + b"ping"))
        return any(protocol == UDP for protocol, _ in self.packets(1.0))
