#!/usr/bin/env python3
"""Another program on the same X display, as far as a window needs one: it offers text in the clipboard, or drops files (XDND 5).

    x_client.py clipboard TEXT          says "offered", and stays until it is ended
    x_client.py drop WINDOW FILE...     ends when the window has taken them
"""
import ctypes
import sys
import urllib.parse

XID = ctypes.c_ulong
CLIENT_MESSAGE, SELECTION_REQUEST, SELECTION_NOTIFY = 33, 30, 31
HEAD = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int), ("display", ctypes.c_void_p)]


class ClientMessage(ctypes.Structure):
    _fields_ = HEAD + [("window", XID), ("message_type", XID), ("format", ctypes.c_int), ("data", ctypes.c_long * 5)]


class SelectionRequest(ctypes.Structure):
    _fields_ = HEAD + [(name, XID) for name in ("owner", "requestor", "selection", "target", "property", "time")]


class Selection(ctypes.Structure):
    _fields_ = HEAD + [(name, XID) for name in ("requestor", "selection", "target", "property", "time")]


class Event(ctypes.Union):
    _fields_ = [("type", ctypes.c_int), ("message", ClientMessage), ("request", SelectionRequest), ("selection", Selection),
                ("room", ctypes.c_long * 24)]


class Client:
    def __init__(self):
        self.x11 = ctypes.CDLL("libX11.so.6")
        for name in ("XOpenDisplay", "XInternAtom", "XDefaultRootWindow", "XCreateSimpleWindow"):
            getattr(self.x11, name).restype = ctypes.c_void_p if name == "XOpenDisplay" else XID
        self.display = ctypes.c_void_p(self.x11.XOpenDisplay(None))
        root = XID(self.x11.XDefaultRootWindow(self.display))
        self.window = self.x11.XCreateSimpleWindow(self.display, root, 0, 0, 1, 1, 0, XID(0), XID(0))

    def atom(self, name):
        return self.x11.XInternAtom(self.display, name.encode(), 0)

    def own(self, selection):
        self.x11.XSetSelectionOwner(self.display, XID(self.atom(selection)), XID(self.window), XID(0))
        self.x11.XFlush(self.display)

    def next(self):
        event = Event()
        self.x11.XNextEvent(self.display, ctypes.byref(event))
        return event

    def send(self, window, event):
        self.x11.XSendEvent(self.display, XID(window), 0, ctypes.c_long(0), ctypes.byref(event))
        self.x11.XFlush(self.display)

    def say(self, window, name, *data):
        event = Event()
        event.message = ClientMessage(type=CLIENT_MESSAGE, window=window, message_type=self.atom(name), format=32)
        for i, value in enumerate((self.window,) + data):
            event.message.data[i] = value
        self.send(window, event)

    def give(self, event, kind, content):
        """Answers who asks for the selection."""
        request, answer = event.request, Event()
        answer.selection = Selection(SELECTION_NOTIFY, 0, 1, self.display, request.requestor, request.selection, request.target, 0, request.time)
        if request.target == self.atom(kind):
            answer.selection.property = request.property
            self.x11.XChangeProperty(self.display, XID(request.requestor), XID(request.property), XID(request.target), 8, 0, content, len(content))
        self.send(request.requestor, answer)


def offer(client, text):
    client.own("CLIPBOARD")
    print("offered", flush=True)
    while True:
        event = client.next()
        if event.type == SELECTION_REQUEST:
            client.give(event, "UTF8_STRING", text.encode())


def drop(client, window, files):
    uris = "".join("file://" + urllib.parse.quote(file) + "\r\n" for file in files).encode()
    client.own("XdndSelection")
    client.say(window, "XdndEnter", 5 << 24, client.atom("text/uri-list"), 0, 0)
    client.say(window, "XdndPosition", 0, 50 << 16 | 50, 0, client.atom("XdndActionCopy"))
    while True:
        event = client.next()
        if event.type == SELECTION_REQUEST:
            client.give(event, "text/uri-list", uris)
        elif event.type == CLIENT_MESSAGE and event.message.message_type == client.atom("XdndStatus"):
            if not event.message.data[1] & 1:
                sys.exit("the window does not take files")
            client.say(window, "XdndDrop", 0, 0, 0, 0)
        elif event.type == CLIENT_MESSAGE and event.message.message_type == client.atom("XdndFinished"):
            return


if sys.argv[1] == "clipboard":
    offer(Client(), sys.argv[2])
else:
    drop(Client(), int(sys.argv[2]), sys.argv[3:])
