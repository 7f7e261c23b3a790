#!/usr/bin/env python3
"""Linux in a window under Xvfb, and what its user does there, each seen from inside the guest: files are dropped, a line is pasted,
the network's cable is cut and put back, a port is forwarded and all of it captured, and a snapshot is gone back to. Status 77:
linux-mini or a program is not there.

    test_window_linux.py RINGSHIFT FOLDER
"""
import http.server
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "frontend"))
from screen import Display, Window
from support import SOURCE, check, start, wait_for
from window_guest import CABLE, SNAPSHOTS, Guest, need_guest

FOLDER = Path(sys.argv[2]).absolute()


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"a page of the host\n")

    def log_message(self, *_):
        pass


def dropped(guest, display):
    folder = FOLDER / "some files"
    folder.mkdir()
    (folder / "A long name of a file.txt").write_text("from the host\n")
    (FOLDER / "alone").write_text("by itself\n")
    subprocess.run([sys.executable, SOURCE / "x_client.py", "drop", guest.window.id, folder, FOLDER / "alone"], check=True, timeout=60,
                   env=display.environment)
    wait_for("a medium", lambda: "files" in guest.ctl("monitor", "info", "block") or ".iso" in guest.ctl("monitor", "info", "block"))
    wait_for("the CD in the guest", lambda: "alone" in guest.shell("umount /cd 2>/dev/null; mkdir -p /cd; mount -t iso9660 /dev/sr0 /cd; ls /cd"))
    check("from the host\nby itself\n" in guest.shell("cat '/cd/some files/A long name of a file.txt' /cd/alone"), "what they hold")
    guest.shell("umount /cd")
    print("dropped: files and a folder")


def pasted(guest, display):
    owner = start(sys.executable, SOURCE / "x_client.py", "clipboard", 'echo its "$((6 * 7))" ~ \\{ >/dev/ttyS0 # \u20ac\n',
                  stdout=subprocess.PIPE, env=display.environment)
    check(owner.stdout.readline() == b"offered\n", "a clipboard")
    guest.window.press("ctrl+alt+v")
    wait_for(lambda: "what was pasted: " + guest.text[-200:], lambda: "its 42" in guest.text)
    print("pasted: a line")
    owner.kill()


def cut(guest, port):
    fetch = f"timeout 5 wget -q -O - http://10.0.2.2:{port}/"
    output = guest.shell(fetch)
    check("a page of the host" in output, "the network at first: " + output)
    guest.choose(CABLE)
    wait_for("no carrier", lambda: "0" in guest.shell("cat /sys/class/net/eth0/carrier"))
    output = guest.shell(f"{fetch}; ping -c 1 -W 2 10.0.2.2")
    check("a page" not in output and "1 packets received" not in output, "without the cable: " + output)
    guest.choose(CABLE)
    wait_for("the carrier", lambda: "1" in guest.shell("cat /sys/class/net/eth0/carrier"))
    wait_for("the network again", lambda: "a page of the host" in guest.shell(fetch))
    print("cut: the network, and mended")


def forwarded(guest, port):
    guest.shell("echo from the guest >/tmp/page; httpd -p 8000 -h /tmp")
    page = urllib.request.urlopen(f"http://127.0.0.1:{port}/page", timeout=60).read()
    check(page == b"from the guest\n", "a forwarded port: %r" % page)
    print("forwarded: a port")


def captured(path):
    data = path.read_bytes()
    check(data[:4] == b"\x4d\x3c\xb2\xa1", "a capture")
    check(b"a page of the host\n" in data and b"from the guest\n" in data and b"GET / HTTP/1.1\r\nHost: 10.0.2.2" in data, "what went over the network")
    print("captured:", len(data), "bytes")


def gone_back(guest):
    guest.shell("echo before >/tmp/state")
    guest.choose(SNAPSHOTS, "Right", *["Down"] * 4)  # save in slot 4
    wait_for("a snapshot", lambda: re.search(r"^\* slot-4 ", guest.ctl("snapshots"), re.M))
    guest.shell("echo after >/tmp/state")
    check(guest.ctl("load", "slot-4").startswith("restored"), "going back")
    check(guest.shell("cat /tmp/state") == "before\n", "the state of before")
    print("saved and gone back to")


def resumed(guest, display):
    guest.ctl("quit")
    check(guest.window.finish() == 0, "the end")
    guest.window = Window(display, FOLDER, FOLDER / "states/slot-4.snapshot", "--quiet", "--serial", "stdio", "--timeout", "300", command="resume",
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    threading.Thread(target=guest.read, daemon=True).start()
    check("before\n" in guest.shell("cat /tmp/state"), "a resumed guest")
    guest.window.press("ctrl+alt+m", "End", "Return")  # quit
    check(guest.window.finish() == 0, "quit from the menu")
    print("resumed, and left by the menu")


def main():
    need_guest()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    display = Display()
    guest = Guest(display, FOLDER, "--pcap", FOLDER / "wire.pcap", "--forward", f"{port}:8000")
    dropped(guest, display)
    pasted(guest, display)
    cut(guest, server.server_address[1])
    forwarded(guest, port)
    gone_back(guest)
    resumed(guest, display)
    captured(FOLDER / "wire.pcap")


main()
