#!/usr/bin/env python3
"""A terminal for a program: screen.py ROWS COLUMNS PROGRAM [ARGUMENT]...

Starts the program in a session of its own, on a pseudo-terminal, and keeps what a terminal would show. It obeys commands on standard
input, one a line, and answers each with a line of JSON:

    show              {"lines": [...], "other": whether it is the other screen, "cursor": whether that is shown, "wraps": ...,
                       "echo", "canonical": modes of the terminal, "status": of the program: null while it runs, else "exit N" or "signal N",
                       "scrolled": how often the screen has moved up, "text": all that was printed outside of the other screen}
    keys TEXT         sends it
    size ROWS COLUMNS of the window
    signal NUMBER     to the program
    pid               {"pid": N}
"""
import codecs
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import sys
import termios

SEQUENCE = re.compile(r'\x1b\[(\??)([0-9;]*)([A-Za-z])')


class Screen:
    def __init__(self, rows, columns):
        self.other = False
        self.cursor = self.wraps = True
        self.scrolled = 0
        self.text = ''
        self.pending = ''
        self.resize(rows, columns)

    def resize(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.cells = [[' '] * columns for _ in range(rows)]
        self.y = self.x = 0

    def put(self, c):
        if c == '\n':
            self.y += 1
            if self.y == self.rows:
                self.y -= 1
                self.cells = self.cells[1:] + [[' '] * self.columns]
                self.scrolled += self.other
        elif c == '\r':
            self.x = 0
        else:
            if self.x == self.columns:
                self.x -= 1
            self.cells[self.y][self.x] = c
            self.x += 1

    def clear(self, y, x):
        self.cells[y][x:] = [' '] * (self.columns - x)

    def obey(self, private, numbers, letter):
        if private:
            names = {'1049': 'other', '25': 'cursor', '7': 'wraps'}
            setattr(self, names[numbers], letter == 'h')
        elif letter == 'H':
            y, _, x = numbers.partition(';')
            self.y, self.x = min(int(y or 1), self.rows) - 1, int(x or 1) - 1
        elif letter == 'K':
            self.clear(self.y, min(self.x, self.columns))
        elif letter == 'J':
            start = self.y + 1 if numbers != '2' else 0
            if numbers != '2':
                self.clear(self.y, min(self.x, self.columns))
            for y in range(start, self.rows):
                self.clear(y, 0)
        elif letter != 'm':
            raise ValueError('unknown sequence ' + letter)

    def take(self, text):
        self.pending += text
        at = 0
        while at < len(self.pending):
            c = self.pending[at]
            if c == '\x1b':
                found = SEQUENCE.match(self.pending, at)
                if not found:
                    break
                self.obey(*found.groups())
                at = found.end()
            else:
                if not self.other:
                    self.text += c
                self.put(c)
                at += 1
        self.pending = self.pending[at:]


def set_size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))


def status_of(pid):
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended == 0:
        return None
    return 'signal %d' % os.WTERMSIG(status) if os.WIFSIGNALED(status) else 'exit %d' % os.WEXITSTATUS(status)


def main():
    rows, columns = int(sys.argv[1]), int(sys.argv[2])
    master, slave = pty.openpty()
    set_size(slave, rows, columns)
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        os.tcsetpgrp(slave, os.getpid())
        for fd in 0, 1, 2:
            os.dup2(slave, fd)
        os.close(master)
        os.close(slave)
        for number in signal.SIGINT, signal.SIGQUIT:  # a job in the background has them ignored, one at a terminal does not
            signal.signal(number, signal.SIG_DFL)
        os.execv(sys.argv[3], sys.argv[3:])
    screen, decoder, status, line = Screen(rows, columns), codecs.getincrementaldecoder('utf-8')('replace'), None, b''
    while True:
        ready = select.select([master, 0], [], [], 0.05)[0]
        if master in ready:
            screen.take(decoder.decode(os.read(master, 65536)))
        if status is None:
            status = status_of(pid)
        if 0 not in ready or master in ready:
            continue
        c = os.read(0, 1)
        if c == b'':
            if status is None:
                os.kill(pid, signal.SIGKILL)
            return
        if c != b'\n':
            line += c
            continue
        command, _, rest = line.decode().partition(' ')
        line = b''
        answer = {}
        if command == 'show':
            local = termios.tcgetattr(slave)[3]
            answer = {'lines': [''.join(row).rstrip() for row in screen.cells], 'other': screen.other, 'cursor': screen.cursor,
                      'wraps': screen.wraps, 'echo': bool(local & termios.ECHO), 'canonical': bool(local & termios.ICANON),
                      'status': status, 'scrolled': screen.scrolled, 'text': screen.text}
        elif command == 'keys':
            os.write(master, rest.encode())
        elif command == 'size':
            rows, columns = map(int, rest.split())
            set_size(slave, rows, columns)
            screen.resize(rows, columns)
        elif command == 'signal' and status is None:
            os.kill(pid, int(rest))
        elif command == 'pid':
            answer = {'pid': pid}
        print(json.dumps(answer), flush=True)


main()
