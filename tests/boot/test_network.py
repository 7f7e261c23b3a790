#!/usr/bin/env python3
"""The network, from inside linux-mini and from the host. Status 77: linux-mini is not there.

    test_network.py RINGSHIFT FOLDER [MEGABYTES]   what is downloaded; default 10
"""
import hashlib
import http.server
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / "guests" / "cache" / "linux-mini"
RINGSHIFT, FOLDER = sys.argv[1], Path(sys.argv[2])
MEGABYTES = int(sys.argv[3]) if len(sys.argv) > 3 else 10
KERNEL = [CACHE / "vmlinuz-686-pae", CACHE / "initrd-686-pae.gz"]


class Server(http.server.BaseHTTPRequestHandler):
    content = os.urandom(1 << 20)

    def do_GET(self):
        size = int(self.path[1:]) << 20
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        for _ in range(size >> 20):
            self.wfile.write(self.content)

    def log_message(self, *_):
        pass


def checksum(megabytes):
    digest = hashlib.md5()
    for _ in range(megabytes):
        digest.update(Server.content)
    return digest.hexdigest()


def command(*arguments, append="mini.net"):
    return [RINGSHIFT, "run", "--headless", "--quiet", "--serial", "stdio", "--memory-size", "256M", "--timeout", "300", "--kernel", KERNEL[0], "--initrd",
            KERNEL[1], "--append", f"console=ttyS0 cryptomgr.notests {append}", *arguments]


def run(*arguments, status=0, append="mini.net"):
    done = subprocess.run(command(*arguments, append=append), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = done.stdout.decode(errors="replace")
    if done.returncode != status:
        print(output[-5000:])
        sys.exit(f"status {done.returncode} instead of {status}: {arguments}")
    return output


def script(*commands):
    """Commands for the shell, and the word that says that they have been done."""
    return ["--expect", "mini#", "--send", "; ".join(commands) + "; echo all''done\\n", "--expect", "alldone"]


def expect(output, pattern, what):
    found = re.search(pattern, output)
    if not found:
        print(output[-5000:])
        sys.exit(f"{what}: {pattern} is not in the output")
    print(f"{what}: {found[0].strip()}")
    return found


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def frames(path):
    """Of a pcap file with nanoseconds."""
    data = path.read_bytes()
    magic, major, minor, _, _, _, link = struct.unpack_from("<IHHIIII", data)
    assert (magic, major, minor, link) == (0xA1B23C4D, 2, 4, 1), "the head of the capture"
    at, times = 24, []
    while at < len(data):
        seconds, nanoseconds, stored, length = struct.unpack_from("<IIII", data, at)
        assert stored == length <= 1514 and nanoseconds < 1_000_000_000, "a frame's head"
        times.append(seconds * 1_000_000_000 + nanoseconds)
        yield data[at + 16:at + 16 + stored]
        at += 16 + stored
    assert times == sorted(times) and abs(times[0] / 1e9 - time.time()) < 3600, "times"


def check_capture(path, port, megabytes):
    asked, received, sent = False, 0, 0
    for frame in frames(path):
        if frame[12:14] != b"\x08\x00":
            continue
        header = (frame[14] & 15) * 4
        source, target = struct.unpack_from(">HH", frame, 14 + header)
        if frame[23] == 17 and (source, target) == (68, 67):
            asked = True
        if frame[23] == 6 and source == port:
            payload = struct.unpack_from(">H", frame, 16)[0] - header - (frame[14 + header + 12] >> 4) * 4
            received += payload
        sent += frame[23] == 6 and target == port
    assert asked and sent > 0 and received >= megabytes << 20, f"the capture has {received} bytes of {megabytes} MiB"
    print(f"capture: {received} bytes received, {sent} frames sent")


def download(nic, url, megabytes, *arguments, append="mini.net"):
    output = run("--nic", nic, *arguments, *script(
        "ping -c 2 10.0.2.2", f"time wget -q -O /tmp/file {url}/{megabytes}", "md5sum /tmp/file"), append=append)
    expect(output, r"@@NETWORK 10\.0\.2\.15", f"{nic}: address")
    expect(output, r"2 packets received", f"{nic}: ping")
    expect(output, checksum(megabytes), f"{nic}: {megabytes} MiB")
    expect(output, r"real\s+(\S+m)?\s*[\d.]+s", f"{nic}: time")


def forwarded():
    """A port of the host leads to a server in the guest."""
    tcp = free_port()
    process = subprocess.Popen(
        command("--forward", f"{tcp}:8000", "--expect", "mini#", "--send",
                "echo from the guest >/tmp/page; httpd -p 8000 -h /tmp; echo se''rving\\n", "--expect", "serving", "--expect", "do not end"),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        seen = b""
        while b"\nserving" not in seen:
            chunk = process.stdout.read1(4096)
            assert chunk, f"the guest has ended: {seen[-2000:]}"
            seen += chunk
        threading.Thread(target=process.stdout.read, daemon=True).start()
        page = urllib.request.urlopen(f"http://127.0.0.1:{tcp}/page", timeout=20).read()
        assert page == b"from the guest\n", page
        print("forwarded: a page")
    finally:
        process.terminate()
        process.wait()
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        expect(run("--forward", f"{s.getsockname()[1]}:80", status=2), "is taken by another program", "port in use")


def resolves():
    """What the host finds by DNS, the guest finds too; nothing is tried where the host finds nothing."""
    sources = "".join(path.read_text() for path in Path("/etc/apt").rglob("*.[ls]*") if path.is_file())
    for name in re.findall(r"https?://([a-z0-9.-]*[a-z])[:/]", sources):
        try:
            address = socket.gethostbyname(name)
        except OSError:
            continue
        if subprocess.run(["grep", "-qw", name, "/etc/hosts"]).returncode:
            expect(run(*script(f"nslookup {name}")), re.escape(address), f"DNS: {name}")
            return
    print("DNS: the host finds no name either")


def snapshot(url):
    """A resumed guest has its address still, and can connect anew."""
    saved = FOLDER / "network.snapshot"
    run(*script("echo up"), "--save", saved)
    done = subprocess.run([RINGSHIFT, "resume", saved, "--headless", "--quiet", "--serial", "stdio", "--timeout", "100", "--send",
                           f"\\nwget -q -O - {url}/1 | md5sum\\n", "--expect", checksum(1)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-3000:]
    print("snapshot: a resumed guest downloads")


def main():
    if not all(image.exists() for image in KERNEL):
        print(f"{KERNEL[0]} is missing: guests/README.md says how to make it")
        return 77
    FOLDER.mkdir(parents=True, exist_ok=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    url = f"http://10.0.2.2:{port}"
    capture = FOLDER / "network.pcap"
    download("e1000", url, MEGABYTES, "--pcap", capture)
    check_capture(capture, port, MEGABYTES)
    capture.unlink()
    if MEGABYTES <= 10:
        download("ne2k-pci", url, 2)
        download("ne2k-isa", url, 2, append="mini.net=ne")
        forwarded()
        resolves()
        snapshot(url)
        expect(run("--network", "none", "--expect", "@@NO NETWORK"), "@@NO NETWORK", "cable out")
        expect(run("--nic", "none", "--expect", "@@NO NETWORK"), "@@NO NETWORK", "no card")
    return 0


sys.exit(main())
