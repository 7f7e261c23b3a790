"""A display of their own for tests of the window: Xvfb, and a Ringshift in it that xdotool drives."""
import ctypes
import os
import subprocess

from support import RINGSHIFT, check, start, wait_for


def output(*command, **arguments):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **arguments).stdout


def parse_ppm(data):
    """(width, height, RGB bytes) or None."""
    fields = data.split(None, 4)
    if len(fields) < 4 or fields[0] != b"P6":
        return None
    width, height = int(fields[1]), int(fields[2])
    return width, height, data[len(data) - 3 * width * height:]


def crop(image, width, height):
    rows = [image[2][3 * image[0] * y:3 * (image[0] * y + width)] for y in range(height)]
    return width, height, b"".join(rows)


class Display:
    def __init__(self, size="1700x1100"):
        read, write = os.pipe()
        self.server = start("Xvfb", "-displayfd", str(write), "-screen", "0", size + "x24", "-nolisten", "tcp", "-noreset",
                            pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        self.name = ":" + os.fdopen(read).readline().strip()
        check(self.name != ":", "Xvfb started")
        self.environment = dict(os.environ, DISPLAY=self.name, SDL_RENDER_DRIVER="software")
        self.environment.pop("WAYLAND_DISPLAY", None)

    def close(self):
        self.server.terminate()
        self.server.wait()


class Window:
    """A machine in a window; its data are in `folder`. `command`: run, start or resume."""

    def __init__(self, display, folder, *arguments, command="run", **more):
        self.environment = dict(display.environment, XDG_DATA_HOME=str(folder))
        self.process = start(RINGSHIFT, command, *arguments, cwd=folder, env=self.environment, **more)
        self.id = wait_for("a window", lambda: self.tool("search", "--name", "^Ringshift").split()[:1])[0]
        self.tool("windowfocus", self.id)

    def tool(self, *arguments):
        return output("xdotool", *arguments, env=self.environment).decode()

    def picture(self):
        check(self.process.poll() is None, lambda: "the program has ended, with status %s" % self.process.poll())
        return parse_ppm(output("import", "-window", self.id, "-depth", "8", "ppm:-", env=self.environment))

    def shows(self, reference):
        image = self.picture()
        return image and image[0] >= reference[0] and image[1] > reference[1] and crop(image, *reference[:2]) == reference

    def place(self):
        """x, y, width, height; zeros if there is no window."""
        lines = dict(line.split("=") for line in self.tool("getwindowgeometry", "--shell", self.id).split())
        return tuple(int(lines.get(key, 0)) for key in ("X", "Y", "WIDTH", "HEIGHT"))

    def size(self):
        return self.place()[2:]

    def colours(self):
        image = self.picture()
        return len({image[2][i:i + 3] for i in range(0, len(image[2]), 3)}) if image else 0

    def title(self):
        return self.tool("getwindowname", self.id)

    def press(self, *keys):
        self.tool("key", "--delay", "150", *keys)

    def click_menu(self):
        self.tool("mousemove", "--window", self.id, "15", str(self.size()[1] - 6), "click", "1")

    def finish(self, seconds=60):
        return self.process.wait(seconds)


def ask_to_close(window):
    """What a window manager does when its close button is clicked (ICCCM, WM_DELETE_WINDOW)."""
    class ClientMessage(ctypes.Structure):
        _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int), ("display", ctypes.c_void_p),
                    ("window", ctypes.c_ulong), ("message_type", ctypes.c_ulong), ("format", ctypes.c_int),
                    ("data", ctypes.c_long * 5), ("rest", ctypes.c_long * 24)]

    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XInternAtom.restype = ctypes.c_ulong
    display = ctypes.c_void_p(x11.XOpenDisplay(window.environment["DISPLAY"].encode()))
    atom = lambda name: x11.XInternAtom(display, name, 0)
    message = ClientMessage(type=33, window=int(window.id), message_type=atom(b"WM_PROTOCOLS"), format=32)
    message.data[0] = atom(b"WM_DELETE_WINDOW")
    x11.XSendEvent(display, ctypes.c_ulong(message.window), 0, ctypes.c_long(0), ctypes.byref(message))
    x11.XSync(display, 0)
    x11.XCloseDisplay(display)
