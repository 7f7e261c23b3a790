#!/usr/bin/env python3
"""gdb itself drives guests: a boot sector in 16-bit code, and the tour with its symbols."""
import pathlib
import re
import subprocess
import sys
import tempfile

from support import assemble, check, need, scratch, start

RINGSHIFT, BUILD = sys.argv[1:3]


class Guest:
    def __init__(self, *arguments):
        self.process = start(RINGSHIFT, "run", *arguments, "--headless", "--quiet", "--gdb", "0", "--timeout", "200",
                             stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        check("target remote localhost:" in line, "the stub says where it listens: " + line)
        self.port = line.rsplit(":", 1)[1].strip()

    def gdb(self, commands, *arguments):
        """What gdb prints for these commands, line by line."""
        script = ["set pagination off", "set confirm off", "set tcp connect-timeout 60", "target remote localhost:" + self.port]
        script += commands.strip().split("\n")
        with tempfile.NamedTemporaryFile("w", suffix=".gdb") as file:
            file.write("\n".join(line.strip() for line in script) + "\n")
            file.flush()
            result = subprocess.run(["gdb", "-nx", "-batch", *arguments, "-x", file.name], stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, text=True, timeout=100)
        return result.stdout

    def end(self):
        return self.process.wait(60)


def expect(text, *patterns):
    """The patterns come in this order."""
    position = 0
    for pattern in patterns:
        found = re.compile(pattern, re.MULTILINE).search(text, position)
        if not found:
            raise AssertionError("%r is not in gdb's output after %r; all of it:\n%s" % (pattern, text[:position][-80:], text))
        position = found.end()


def check_registers_and_memory(guest):
    text = Guest(guest).gdb("""
        x/i $pc
        break *0x7c05
        continue
        x/3i $pc
        delete
        stepi
        stepi
        printf "ds_base %x cs %x ip %x\\n", $ds_base, $cs, $ip
        set $eax = 0x12345678
        set $eflags = $eflags | 1
        printf "al %x flags %x\\n", $eax & 0xff, $eflags & 1
        set $xmm3.uint128 = 0x1234
        set $st0 = 1.5
        set $fctrl = 0x37f
        maintenance flush register-cache
        printf "eax %x xmm %x st0 %g fctrl %x mxcsr %x\\n", $eax, $xmm3.v4_int32[0], $st0, $fctrl, $mxcsr
        set *(int*)0x1000 = 0x0badcafe
        x/1xw 0x1000
        set $pc = 0x7c05
        maintenance flush register-cache
        printf "eip %x ip %x\\n", $pc, $ip
        x/1xw 0xfffffff0
        monitor info registers
        monitor nonsense
        kill""")
    expect(text, r"0xfffffff0:\s+ljmp", r"Breakpoint 1, 0x00007c05", r"=> 0x7c05:\s+mov\s+\$0x700,%ax", r"mov\s+%ax,%ds", r"xor\s+%ax,%ax",
           r"ds_base 7000 cs 700 ip c0a", r"al 78 flags 1", r"eax 12345678 xmm 1234 st0 1.5 fctrl 37f mxcsr 1f80",
           r"0x1000:\s+0x0badcafe", r"eip 7c05 ip c05", r"EAX=12345678", r"CS=0700 base 00007000", "there is no command", "killed")


def check_breakpoints_among_interrupts(guest):
    """Every stop is one turn of the loop further, though timer interrupts come in between."""
    text = Guest(guest).gdb("""
        break *0x7c12
        continue
        x/i $pc
        set $count = 0
        set $wrong = 0
        while $count < 300
            continue
            set $count = $count + 1
            if *(int*)0x7c30 != $count || $pc != 0x7c12
                set $wrong = $wrong + 1
            end
        end
        printf "breakpoints: %d turns, %d wrong\\n", *(int*)0x7c30, $wrong
        delete
        set $count = 0
        set $wrong = 0
        while $count < 300
            stepi
            set $count = $count + 1
            if $pc < 0x7c12 || $pc > 0x7c20
                set $wrong = $wrong + 1
            end
        end
        printf "steps: %d turns, %d wrong\\n", *(int*)0x7c30, $wrong
        hbreak *0x7c17
        continue
        kill""")
    expect(text, r"=> 0x7c12:\s+incl", r"breakpoints: 300 turns, 0 wrong", r"steps: 375 turns, 0 wrong", r"Breakpoint 2, 0x00007c17", "killed")


def check_watchpoints(guest):
    text = Guest(guest).gdb("""
        break *0x7c12
        continue
        delete
        watch *(short*)0x7c34
        continue
        continue
        delete
        rwatch *(short*)0x7c36
        continue
        delete
        awatch *(int*)0x7c30
        continue
        kill""")
    expect(text, r"Hardware watchpoint 2", r"Old value = 0\nNew value = 3", r"Old value = 3\nNew value = 6", r"Hardware read watchpoint 3",
           r"Value = 77", r"Hardware access \(read/write\) watchpoint 4", r"killed")


def check_interrupt_detach_reset_save(guest, folder):
    machine = Guest(guest)
    snapshot = pathlib.Path(folder) / "gdb.snapshot"
    text = machine.gdb("""
        shell (sleep 2; kill -INT $PPID) >/dev/null 2>&1 &
        continue
        info threads
        print *(int*)0x7c30 > 1000
        monitor save %s
        detach""" % snapshot)
    expect(text, r"SIGINT", r"Thread 1", r"\$1 = 1", r"saved .*gdb\.snapshot", r"detached")
    text = machine.gdb("""
        printf "still counting: %d\\n", *(int*)0x7c30 > 1000
        monitor reset
        maintenance flush register-cache
        printf "at reset: %x\\n", $pc
        kill""")
    expect(text, "still counting: 1", "at reset: fffffff0", "killed")
    check(machine.end() == 0, "kill ends the guest")
    resumed = subprocess.run([RINGSHIFT, "resume", str(snapshot), "--headless", "--timeout", "1"], stderr=subprocess.PIPE)
    check(resumed.returncode == 124, "the snapshot goes on: " + resumed.stderr.decode())


def check_tour():
    elf = pathlib.Path(BUILD) / "guests/tour/tour.elf"
    check(elf.exists(), "the tour with its symbols")
    name = "kernel_main"
    text = Guest().gdb("""
        break %s
        continue
        x/i $pc
        info registers cs
        printf "protected %%d\\n", $cr0 & 1
        backtrace 1
        break keyboard_init
        continue
        kill""" % name, str(elf))
    expect(text, r"Breakpoint 1, .*%s" % name, r"=> 0x\w+ <%s" % name, r"cs\s+0x\w+", r"protected 1", r"#0 .*%s" % name, r"Breakpoint 2, .*keyboard_init", "killed")


def main():
    need("nasm", "gdb")
    with scratch() as folder:
        guest = assemble(folder, "count")
        check_registers_and_memory(guest)
        check_breakpoints_among_interrupts(guest)
        check_watchpoints(guest)
        check_interrupt_detach_reset_save(guest, folder)
        check_tour()


main()
