#!/usr/bin/env python3
"""The control socket: QMP word for word, rude clients, every command, `ringshift ctl`, and a public QMP client library."""
import json
import os
import pathlib
import re
import resource
import select
import shutil
import socket
import subprocess
import sys
import time

from support import RINGSHIFT, assemble, check, need, scratch, start, wait_for


class Machine:
    """A guest without a screen, with a control socket."""

    def __init__(self, folder, *arguments):
        self.path = os.path.join(folder, "control")
        self.process = start(RINGSHIFT, "run", *arguments, "--headless", "--quiet", "--timeout", "200",
                             "--control", self.path, cwd=folder)
        wait_for("the control socket", lambda: os.path.exists(self.path))

    def ctl(self, *words, status=0):
        result = subprocess.run([RINGSHIFT, "ctl", self.path, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                timeout=100)
        check(result.returncode == status, "ctl %s ends with %d: %s" % (words, status, result.stdout.decode()))
        return result.stdout.decode()


class Client:
    """Speaks QMP as simply as possible, so that it hides nothing."""

    def __init__(self, path, negotiate=True):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.rest = b""
        self.events = []
        self.greeting = self.receive()
        if negotiate:
            check(self.run("qmp_capabilities") == {"return": {}}, "capabilities")

    def send(self, text):
        self.socket.sendall(text if isinstance(text, bytes) else text.encode())

    def receive(self):
        while b"\r\n" not in self.rest:
            data = self.socket.recv(65536)
            if not data:
                return None
            self.rest += data
        line, self.rest = self.rest.split(b"\r\n", 1)
        return json.loads(line)

    def answer(self):
        while True:
            message = self.receive()
            if message is None or "event" not in message:
                return message
            self.events.append(message)

    def run(self, command, **arguments):
        request = {"execute": command}
        if arguments:
            request["arguments"] = {k.replace("_", "-"): v for k, v in arguments.items()}
        self.send(json.dumps(request))
        return self.answer()

    def good(self, command, **arguments):
        answer = self.run(command, **arguments)
        check("return" in answer, "%s works: %s" % (command, answer))
        return answer["return"]

    def error(self, command, **arguments):
        answer = self.run(command, **arguments)
        check("error" in answer, "%s is refused: %s" % (command, answer))
        return answer["error"]

    def wait_event(self, name):
        while True:
            for event in self.events:
                if event["event"] == name:
                    self.events.remove(event)
                    check(abs(event["timestamp"]["seconds"] - time.time()) < 300, "the event's time")
                    return event.get("data")
            message = self.receive()
            check(message is not None, "event " + name)
            self.events.append(message)


def check_transcript(machine):
    """What is sent, and exactly what comes back."""
    client = Client(machine.path, negotiate=False)
    version = client.greeting["QMP"]["version"]
    check(client.greeting["QMP"]["capabilities"] == [] and set(version["qemu"]) == {"major", "minor", "micro"}
          and version["package"].startswith("Ringshift"), "the greeting: %s" % client.greeting)

    def error(description, error_class="GenericError", **more):
        return dict({"error": {"class": error_class, "desc": description}}, **more)

    for sent, expected in (
            ('{"execute": "query-status"}',
             error("Expecting capabilities negotiation with 'qmp_capabilities'", "CommandNotFound")),
            ('{"execute": "qmp_capabilities", "arguments": {"enable": ["oob"]}}', error('Capability "oob" is not available')),
            ('{"execute": "qmp_capabilities", "id": "first"}', {"return": {}, "id": "first"}),
            ('{"execute": "qmp_capabilities"}',
             error("Capabilities negotiation is already complete, command ignored", "CommandNotFound")),
            ('{"execute": "query-status", "id": {"any": [1, null]}}',
             {"return": {"running": True, "singlestep": False, "status": "running"}, "id": {"any": [1, None]}}),
            ('{"execute": "no-such-thing", "id": 7}',
             error("The command no-such-thing has not been found", "CommandNotFound", id=7)),
            ('hello there\n', error("Invalid JSON syntax")),
            ('GET / HTTP/1.1\n', error("Invalid JSON syntax")),
            ('{"execute" "query-status"}', error("Invalid JSON syntax")),
            ('{"execute": "query-\n', error("Invalid JSON syntax")),
            (b'{"execute": "\xff\xfe"}', error("Invalid JSON syntax")),
            ('[1, 2]', error("QMP input must be a JSON object")),
            ('{}', error("QMP input lacks member 'execute'")),
            ('{"execute": 3}', error("QMP input member 'execute' must be a string")),
            ('{"execute": "stop", "arguments": []}', error("QMP input member 'arguments' must be an object")),
            ('{"execute": "stop", "extra": 1}', error("QMP input member 'extra' is unexpected")),
            ('{"execute": "stop", "arguments": {"x": 1}}', error("Parameter 'x' is unexpected")),
            ('{"execute": "screendump"}', error("Parameter 'filename' is missing")),
            ('{"execute": "screendump", "arguments": {"filename": 1}}',
             error("Invalid parameter type for 'filename', expected: string")),
            ('{"execute": "eject", "arguments": {"device": "hdz"}}',
             error("Device 'hdz' not found; the drives with media are ide1-cd0, ide1-cd1, floppy0, floppy1", "DeviceNotFound")),
            ('{"execute":\n\n  "query-version"\n}', {"return": version}),
    ):
        client.send(sent)
        answer = client.answer()
        check(answer == expected, "%r is answered by %r, not %r" % (sent, expected, answer))
    client.send('{"execute": "query-name", "id": 1}{"execute": "query-kvm", "id": 2} {"execute": "query-tar')
    check([client.answer()["id"] for _ in range(2)] == [1, 2], "several commands in one packet, answered in order")
    client.send('get"}')
    check(client.answer() == {"return": {"arch": "i386"}}, "a command in two packets")


def check_rude_clients(machine):
    endless = Client(machine.path)
    try:
        endless.send('{"execute": "' + 3 * 1024 * 1024 * "x")
    except OSError:
        pass  # it may be cut off before it has said all
    deep = Client(machine.path)
    deep.send(100 * "[")
    check("without end" in deep.receive()["error"]["desc"] and deep.receive() is None, "deep nesting is cut off")
    for _ in range(20):  # leave in the middle of a text, or before the answer
        Client(machine.path, negotiate=False).send('{"execute": "qmp_capabilities"}{"execute": "query-')
    clients = []
    wait_for("places", lambda: room_for_eight(machine, clients))
    extra = Client(machine.path, negotiate=False)
    check("8 clients" in extra.greeting["error"]["desc"] and extra.receive() is None, "a ninth client is told")
    check("8 clients" in machine.ctl("status", status=2), "ctl says why it cannot connect")
    check(all("return" in client.run("query-status") for client in clients), "the others go on")
    for client in clients:
        client.socket.close()


def check_deaf_client(machine):
    """Who negotiates and then reads nothing costs a bounded amount of memory, whatever happens."""
    deaf = wait_for("a place", lambda: connect(machine.path))
    client = wait_for("a place", lambda: connect(machine.path))
    job = 200 * "j"

    def resident():
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path("/proc/%d/status" % machine.process.pid).read_text())[1])
    before = resident()
    told = 0
    while told < 24 << 20:
        client.good("snapshot-delete", job_id=job, tag="none")
        while "error" in client.run("job-dismiss", id=job):
            pass
        told += sum(len(json.dumps(event)) for event in client.events)
        client.events.clear()
    check(resident() < before + (16 << 10), "events for nobody are dropped: %d KiB" % (resident() - before))
    received = len(deaf.rest)
    try:
        while data := deaf.socket.recv(1 << 20):
            received += len(data)
    except ConnectionError:
        pass
    check(received < 8 << 20, "who does not read is disconnected: %d" % received)
    client.socket.close()


def check_no_files(machine):
    """Where the process has all the files it may have, a client waits, and nobody spins; then it is let in."""
    pid = machine.process.pid
    client = wait_for("a place", lambda: connect(machine.path))
    client.good("stop")
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, hard))
    waiting = socket.socket(socket.AF_UNIX)
    waiting.settimeout(60)
    waiting.connect(machine.path)

    def used():
        fields = pathlib.Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    before = used()
    check(not select.select([waiting], [], [], 2)[0], "no file, no greeting")
    check(used() < before + 0.4, "waiting costs nothing: %.2f s" % (used() - before))
    check(client.good("query-status")["status"] == "paused", "the others are served")
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
    check(b"QMP" in waiting.recv(4096), "let in at last")
    client.good("cont")
    for one in (waiting, client.socket):
        one.close()


def room_for_eight(machine, clients):
    while len(clients) < 8:
        client = Client(machine.path, negotiate=False)
        if "error" in client.greeting:
            return False
        client.run("qmp_capabilities")
        clients.append(client)
    return True


def registers_of(client):
    return client.good("human-monitor-command", command_line="info registers").split("\r\n")


def check_commands(machine, folder):
    client = wait_for("a place", lambda: connect(machine.path))
    other = wait_for("a place", lambda: connect(machine.path))
    names = {row["name"] for row in client.good("query-commands")}
    check({"qmp_capabilities", "query-status", "stop", "cont", "system_reset", "quit", "screendump", "send-key"} <= names, "names")

    schema = {row["name"]: row for row in client.good("query-qmp-schema")}
    check(names == {name for name, row in schema.items() if row["meta-type"] == "command"}, "the schema has each command")
    for row in schema.values():
        used = {member["type"] for member in row.get("members", [])} | {row[key] for key in ("arg-type", "ret-type", "element-type") if key in row}
        check(used <= set(schema), "and each type: %s" % row)
    members = {member["name"]: member for member in schema[schema["eject"]["arg-type"]]["members"]}
    check(members["force"] == {"name": "force", "type": "bool", "default": None}, "what may be left out: %s" % members)

    client.good("stop")
    for listener in (client, other):
        check(listener.wait_event("STOP") is None, "every client hears of it")
    check(client.good("query-status") == {"running": False, "singlestep": False, "status": "paused"}, "paused")
    registers = registers_of(client)
    check(registers == registers_of(client) and registers[0].startswith("EAX="), "a paused guest stands still")
    client.good("cont")
    client.wait_event("RESUME")
    client.good("system_reset")
    check(client.wait_event("RESET") == {"guest": False, "reason": "host-qmp-system-reset"}, "reset")

    image = os.path.join(folder, "screen")
    def shows(columns):
        client.good("screendump", filename=image + ".ppm")
        client.good("screendump", filename=image + ".png", format="png")
        data = pathlib.Path(image + ".ppm").read_bytes()
        check(pathlib.Path(image + ".png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n", "a PNG file")
        return data.startswith(b"P6\n%d " % columns)
    wait_for("the text screen", lambda: shows(720))
    check("cannot write" in client.error("screendump", filename="/nowhere/x.ppm")["desc"], "an impossible file")
    check("format" in client.error("screendump", filename=image, format="gif")["desc"], "an unknown format")

    check("accept" in client.error("send-key", keys=[{"type": "qcode", "data": "nokey"}])["desc"], "an unknown key")
    for wrong in ([], [1], [{"type": "qcode"}], [{"type": "number", "data": 256}], [{"type": "number", "data": 128}]):
        client.error("send-key", keys=wrong)

    def escape():
        client.good("send-key", keys=[{"type": "number", "data": 1}], hold_time=50)
        return shows(640)
    wait_for("mode 13h after Esc", escape)

    check([d["device"] for d in client.good("query-block")] == ["ide1-cd0", "floppy0"], "the drives")
    disc = os.path.join(folder, "disc.iso")
    pathlib.Path(disc).write_bytes(bytes(2048 * 400))
    client.good("blockdev-change-medium", device="ide1-cd0", filename=disc)
    check(client.good("query-block")[0]["inserted"]["file"] == disc, "the medium is in")
    client.good("eject", id="ide1-cd0")
    check("inserted" not in client.good("query-block")[0], "the medium is out")
    check("no such file" in client.error("blockdev-change-medium", device="ide1-cd0", filename="/nowhere")["desc"], "no file")
    check("no CD-ROM drive 1" in client.error("eject", device="ide1-cd1")["desc"], "a drive that the machine lacks")

    hmp = lambda line: client.good("human-monitor-command", command_line=line)
    check(hmp("info status") == "VM status: running\r\n" and "sendkey" in hmp("help") and hmp("") == "", "the monitor for people")
    check(hmp("info nothing").startswith("info: unknown") and hmp("bogus") == "unknown command: 'bogus'\r\n", "its complaints")
    check("floppy0: " in hmp("info block") and "not found" in hmp("eject sd0"), "its drives")
    client.good("system_powerdown")
    client.wait_event("POWERDOWN")


def check_ctl(machine, folder):
    check(machine.ctl("status") == "running\n", "status")
    check("no such file" in machine.ctl("insert", "floppy0", b"/\xff.img", status=2), "a name that is no UTF-8 is an answer")
    machine.ctl("pause")
    check(machine.ctl("status") == "paused\n", "paused")
    machine.ctl("resume")
    machine.ctl("reset")
    shot = os.path.join(folder, "shot.png")
    machine.ctl("screenshot", shot)
    check(pathlib.Path(shot).read_bytes()[:4] == b"\x89PNG", "a screenshot")
    machine.ctl("type", "abc")
    machine.ctl("key", "ctrl-c")
    check("EIP=" in machine.ctl("monitor", "info", "registers"), "monitor")
    files = pathlib.Path(folder) / "files"
    (files / "sub").mkdir(parents=True)
    (files / "sub" / "A long name.txt").write_text("for the guest")
    if shutil.which("xorriso"):
        check("in the CD drive" in machine.ctl("give", str(files), shot), "files as a CD")
        disc = next(d for d in json.loads(machine.ctl('{"execute": "query-block"}'))["return"] if d["device"] == "ide1-cd0")
        listing = subprocess.run(["xorriso", "-indev", disc["inserted"]["file"], "-find", "/"], stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL).stdout.decode()
        check("'/files/sub/A long name.txt'" in listing and "'/shot.png'" in listing, "what the CD holds: " + listing)
        machine.ctl("eject", "ide1-cd0")
        machine.ctl("give", disc["inserted"]["file"])
    check("no file" in machine.ctl("give", "/nowhere", status=2), "no file")
    machine.ctl("speed", "50%")
    machine.ctl("speed", "none")
    check("no speed limit" in machine.ctl("speed", "0%", status=2), "an impossible speed")
    machine.ctl("cable", "out")
    machine.ctl("cable", "in")
    check("use: ringshift ctl SOCKET cable in|out" in machine.ctl("cable", "sideways", status=2), "a cable is in or out")
    check("not found" in machine.ctl('{"execute": "set_link", "arguments": {"name": "net7", "up": true}}', status=2), "another card")
    check("no key" in machine.ctl("type", r"\{nokey}", status=2), "errors are for people")
    check("use: ringshift ctl SOCKET insert DEVICE FILE" in machine.ctl("insert", "x", status=2), "usage")
    check("the commands are" in machine.ctl("dance", status=2), "an unknown command")
    check(json.loads(machine.ctl('{"execute": "query-status", "id": 3}'))["id"] == 3, "raw JSON")
    raw = subprocess.run([RINGSHIFT, "ctl", machine.path, "-"], input=b'{"execute": "query-name"}\n\n{"execute": "x"}\n',
                         stdout=subprocess.PIPE, timeout=100).stdout.decode().splitlines()
    check([sorted(json.loads(line)) for line in raw] == [["return"], ["error"]], "raw JSON from standard input: %s" % raw)
    check("no machine listens" in subprocess.run([RINGSHIFT, "ctl", "/nowhere", "status"], stderr=subprocess.PIPE).stderr.decode(),
          "no machine")


def check_floppy(folder, guest):
    """Small files as a floppy, as mtools reads it."""
    if not shutil.which("mcopy"):
        return print("without a floppy of files: mtools are not installed")
    machine = Machine(folder, guest, "--drop", "floppy", "--snapshots", os.path.join(folder, "states"))
    files = pathlib.Path(folder) / "small"
    files.mkdir()
    contents = {"A long name.text": b"x" * 70000, "a long name again.text": b"yes", "empty": b"", "\u00fc.c": b"1234"}
    for name, content in contents.items():
        (files / name).write_bytes(content)
    check("in the floppy drive" in machine.ctl("give", *(str(files / name) for name in contents)), "files as a floppy")
    floppy = next(d for d in json.loads(machine.ctl('{"execute": "query-block"}'))["return"] if d["device"] == "floppy0")
    image = floppy["inserted"]["file"]
    listing = subprocess.run(["mdir", "-b", "-i", image, "::"], stdout=subprocess.PIPE, check=True).stdout.decode().split()
    check(len(listing) == 4 and "::/ALONGNAM.TEX" in listing and "::/ALONGN~2.TEX" in listing and "::/EMPTY" in listing, "names: %s" % listing)
    for name, host in (("ALONGNAM.TEX", "A long name.text"), ("ALONGN~2.TEX", "a long name again.text"), ("EMPTY", "empty")):
        read = subprocess.run(["mcopy", "-i", image, "::/" + name, "-"], stdout=subprocess.PIPE, check=True).stdout
        check(read == contents[host], "what is in " + name)
    if shutil.which("fsck.fat"):
        check(subprocess.run(["fsck.fat", "-n", image], stdout=subprocess.PIPE).returncode == 0, "a sound file system")
    (files / "large").write_bytes(bytes(1474560))
    if shutil.which("xorriso"):
        check("in the CD drive" in machine.ctl("give", str(files / "large")), "what is too large is a CD")
    machine.ctl("quit")
    machine.process.wait(60)


def check_speed_limit(folder):
    """Three seconds of a guest that never rests."""
    guest = assemble(folder, "count")
    def run(limit):
        result = subprocess.run([RINGSHIFT, "run", guest, "--headless", "--quiet", "--timeout", "3", "--speed-limit", limit,
                                 "--stats", "json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return json.loads(result.stdout)
    check(run("2")["instructions"] < 2.5e6 * 3, "million instructions per second")
    check(run("10%")["executing_ns"] < 0.3e9 * 1.5, "percent of the time")


def check_public_client(machine):
    """Ganeti (package ganeti-3.0) drives QEMU with a client of its own; RINGSHIFT_GANETI names the folder above its module."""
    sys.path.append(os.environ.get("RINGSHIFT_GANETI", "/usr/share/ganeti/3.0"))
    try:
        from ganeti.hypervisor.hv_kvm.monitor import QmpConnection
    except ImportError as missing:
        print("without a public QMP client:", missing)
        return
    with QmpConnection(machine.path) as connection:
        check(connection.package.startswith("Ringshift"), "Ganeti reads our greeting")
        check("stop" in connection.supported_commands, "Ganeti reads our commands")
        check(connection.Execute("query-status")["status"] == "running", "Ganeti reads our status")
        connection.Execute("stop")
        check(connection.Execute("query-status")["status"] == "paused", "Ganeti pauses the guest")
        connection.Execute("cont")
        try:
            connection.Execute("eject", {"device": "nothing"})
            raise AssertionError("Ganeti sees no error")
        except Exception as error:
            check("not found" in str(error), "Ganeti reads our errors: %s" % error)
    print("Ganeti's QMP client understands us")


def check_ends(folder, guest):
    machine = Machine(folder, guest)
    refused = subprocess.run([RINGSHIFT, "run", guest, "--headless", "--control", machine.path], stderr=subprocess.PIPE)
    check(refused.returncode == 2 and b"another running machine" in refused.stderr, "a socket in use is left alone")
    client = Client(machine.path)
    events = start(RINGSHIFT, "ctl", machine.path, "events", stdout=subprocess.PIPE)

    def heard():
        client.good("stop")
        client.good("cont")
        return select.select([events.stdout], [], [], 0.2)[0]
    wait_for("ctl hears events", heard)
    client.good("quit")
    check(client.wait_event("SHUTDOWN") == {"guest": False, "reason": "host-qmp-quit"}, "the last event")
    check(client.receive() is None and machine.process.wait(60) == 0, "the program ends well")
    lines = [json.loads(line)["event"] for line in events.communicate(timeout=60)[0].splitlines()]
    check(len(lines) > 1 and lines[-1] == "SHUTDOWN" and events.returncode == 0, "ctl hears all: %s" % lines)
    check(not os.path.exists(machine.path), "the socket is gone")

    pathlib.Path(machine.path).write_text("precious")
    refused = subprocess.run([RINGSHIFT, "run", guest, "--headless", "--control", machine.path], stderr=subprocess.PIPE)
    check(refused.returncode == 2 and b"no socket" in refused.stderr, "a file is left alone")
    os.unlink(machine.path)
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(machine.path)
    stale.close()
    machine = Machine(folder, guest)
    client = wait_for("a socket without a server is replaced", lambda: connect(machine.path))
    check(os.stat(machine.path).st_mode & 0o777 == 0o600, "only the user can connect")
    machine.process.terminate()
    check(client.wait_event("SHUTDOWN")["reason"] == "host-signal" and machine.process.wait(60) == 143, "SIGTERM")
    long_path = subprocess.run([RINGSHIFT, "run", guest, "--headless", "--control", "/tmp/" + 120 * "x"], stderr=subprocess.PIPE)
    check(long_path.returncode == 2 and b"at most 107" in long_path.stderr, "a path too long")


def connect(path):
    """A client, or None if there is no place yet."""
    try:
        client = Client(path, negotiate=False)
    except OSError:
        return None
    if "QMP" not in client.greeting:
        return None
    client.good("qmp_capabilities")
    return client


def main():
    need("nasm")
    with scratch() as folder:
        guest = assemble(folder, "echo")
        machine = Machine(folder, guest, "--snapshots", os.path.join(folder, "states"))
        check_transcript(machine)
        check_rude_clients(machine)
        check_deaf_client(machine)
        check_no_files(machine)
        check_commands(machine, folder)
        check_ctl(machine, folder)
        check_public_client(machine)
        machine.ctl("quit")
        check(machine.process.wait(60) == 0, "quit by ctl")
        check(not os.path.exists(os.path.join(folder, "states")), "CDs that no snapshot needs are gone")
        check_floppy(folder, guest)
        check_ends(folder, guest)
        check_speed_limit(folder)


main()
