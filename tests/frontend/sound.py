#!/usr/bin/env python3
"""What --wav records of the PC speaker and of the Sound Blaster: pitch, length, silence and level of tones; the same on each engine,
bit for bit."""
import os
import pathlib
import subprocess
import sys
import wave

from support import RINGSHIFT, assemble, check, need, scratch

RATE = 48000


def record(folder, guest, *arguments):
    path = pathlib.Path(folder) / "sound.wav"
    subprocess.run([RINGSHIFT, "run", guest, "--headless", "--quiet", "--timeout", "100", "--expect", "DONE", "--wav", str(path),
                    *arguments], check=True, timeout=150)
    with wave.open(str(path)) as file:
        check((file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE), "the format")
        data = file.readframes(file.getnframes())
    check(path.stat().st_size == 44 + len(data), "the header's sizes")
    samples = memoryview(data).cast("h").tolist()
    check(samples[::2] == samples[1::2], "left and right are the same")
    return samples[::2]


def tones(samples):
    """(seconds, Hz, peak, seconds of swinging) of each stretch without a pause of 20 ms."""
    found, begin, last = [], None, None
    for at, sample in enumerate(samples + [0] * RATE):
        if abs(sample) > 500:
            begin = at if begin is None else begin
            last = at
        elif begin is not None and at - last > RATE // 50:
            part = samples[begin:last + 1]
            rising = [i for i in range(1, len(part)) if part[i - 1] < 0 <= part[i]]
            seconds = len(part) / RATE
            frequency = (len(rising) - 1) * RATE / (rising[-1] - rising[0]) if len(rising) > 2 else 0
            found.append((seconds, frequency, max(map(abs, part)), (rising[-1] - rising[0]) / RATE if rising else 0))
            begin = None
    return [tone for tone in found if tone[0] > 0.05]


def check_tones(found, exact):
    check(all(3000 < peak < 9000 for _, _, peak, _ in found) and found, "their levels: %s" % found)
    if not exact:
        return
    check(len(found) == 3, "three tones: %s" % found)
    for (seconds, frequency, _, _), expected, tolerance in zip(found, (1000, 440, 1000), (1, 1, 40)):
        check(0.18 < seconds < 0.30, "its length: %s" % found)
        check(abs(frequency - expected) < tolerance, "its pitch: %s" % found)


def check_blaster(found, exact):
    """Digital sound at half of full scale, then a note of FM."""
    if not exact:  # a busy host stretches tones, and one may begin before the other has ended
        check(found and all(3000 < peak < 30000 for _, _, peak, _ in found), "something to hear: %s" % found)
        return
    check(len(found) == 2, "two tones: %s" % found)
    for (_, frequency, peak, seconds), pitch, level, length in zip(found, (500, 440), (16384, 8168), (0.25, 0.33)):
        check(abs(seconds - length) < 0.015, "its length: %s" % found)
        check(abs(frequency - pitch) < 1, "its pitch: %s" % found)
        check(abs(peak - level) < level / 10, "its level: %s" % found)


def main():
    need("nasm")
    with scratch() as folder:
        guest = assemble(folder, "beep")
        samples = record(folder, guest, "--deterministic")
        check_tones(tones(samples), True)
        check(record(folder, guest, "--deterministic", "--engine", "interp") == samples, "both engines play the same")
        check_tones(tones(record(folder, guest)), False)  # real time: a busy host stretches tones
        check(not any(record(folder, guest, "--deterministic", "--sound", "none")), "--sound none is silent")
        guest = assemble(folder, "blaster")
        samples = record(folder, guest, "--deterministic")
        check_blaster(tones(samples), True)
        check(record(folder, guest, "--deterministic", "--engine", "interp") == samples, "both engines play the same")
        check_blaster(tones(record(folder, guest)), False)


main()
